import t from 'tap'
import { startCluster } from '../support/delta-cluster.js'

/**
 * A session that a has made, b, whose clock is ahead, has written to, and c is about to adopt for b's client, whose cookie is of a former version and tells no beginning. Only what
 * `heard` names is heard: "ca" is what c says to a. Nobody is missed.
 */
async function adoptedUnheard(heard: Set<string>) {
  const options = { maxInactiveInterval: -1, retention: 60, maxDeathCertificates: 1 }
  const started = await startCluster({ names: ['a', 'b', 'c'], options, skewsMs: [0, 30_000, 0] })
  const { a, b, c, cluster, advance, until } = started
  await advance(15_000)
  const names = new Map([a, b, c].map(({ channel }) => [channel, channel.name]))
  cluster.filter = (_body, source, target) => heard.has(`${names.get(source)}${names.get(target)}`)
  heard.add('ab')
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  heard.delete('ab')
  const { dots, stamp } = b.write(id, { y: 1 }).token
  const adopted = await until(c.load(id, { dots, stamp }))
  if (adopted.kind !== 'here') throw new Error(`${adopted.kind} on c`)
  const end = () => a.manager.expireSession(id)
  const forget = async () => {
    for (let n = 0; n < 2; n++) a.manager.expireSession(a.write(undefined, { n }).id)
    await advance(8_000)
    t.equal(a.standing(id), 'unknown', 'a has forgotten it')
  }
  const standings = () => [a, b, c].map(node => node.standing(id))
  const write = () => {
    adopted.session.setAttribute('z', 1)
    c.manager.requestCompleted(adopted.session)
  }
  return { ...started, id, end, forget, write, standings }
}

t.test('what had ended before a part of it came back is not let in because of that part', async t => {
  const heard = new Set<string>()
  const { a, id, advance, end, forget, write, standings } = await adoptedUnheard(heard)
  end()
  await forget()
  write()
  for (const link of ['ac', 'ca']) heard.add(link)
  await advance(5_000)
  t.equal(a.standing(id), 'here', 'it cannot know: its client had seen what is newer than all that was forgotten')
  for (const link of ['ab', 'ba', 'bc', 'cb']) heard.add(link)
  await advance(10_000)
  t.strictSame(standings(), ['dead', 'dead', 'dead'])
})

for (const when of ['before', 'after'] as const) {
  t.test(`what the client of a copy had seen that came ${when} the end is remembered with it`, async t => {
    const heard = new Set(['ca'])
    const { advance, end, forget, write, standings } = await adoptedUnheard(heard)
    const steps = when === 'before' ? [write, end] : [end, write]
    for (const step of steps) {
      step()
      await advance(10)
    }
    await forget()
    heard.add('ac')
    await advance(5_000)
    t.strictSame(standings(), ['dead', 'here', 'dead'])
  })
}

t.test(
  'for a moment an end is remembered beyond the cap: a cookie may name a write that has not been heard of',
  async t => {
    const options = { maxInactiveInterval: -1, retention: 60, maxDeathCertificates: 0 }
    const { a, b, cluster, advance, until } = await startCluster({ options })
    await advance(15_000)
    const { id } = a.write(undefined, { x: 1 })
    await advance(100)
    cluster.filter = () => false
    a.manager.expireSession(id)
    const { token } = b.write(id, { y: 1 })
    await advance(2_500)
    t.equal(a.standing(id, token), 'dead')
    t.strictSame(await until(a.load(id, token)), { kind: 'none' })
  },
)
