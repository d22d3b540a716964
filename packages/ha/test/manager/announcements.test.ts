import t from 'tap'
import { startCluster, type TestNode } from '../support/delta-cluster.js'

const TYPE_AT = 5
const DELTA = 0

/** Two commits of a session that had not seen each other have come to b, which has nothing else of it. */
async function fragment() {
  const { a, b, c, cluster, advance } = await startCluster({ names: ['a', 'b', 'c'] })
  const late: { readonly body: Buffer; readonly source: TestNode }[] = []
  cluster.filter = (body, source, target) => {
    if (target !== b.channel) return true
    if (body[TYPE_AT] === DELTA) late.push({ body: Buffer.from(body), source: source === a.channel ? a : c })
    return false
  }
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  a.write(id, { x: 2 })
  c.write(id, { x: 3 })
  await advance(10)
  for (const { body, source } of late.slice(1))
    b.manager.messageReceived({ number: 1, options: 0, body, source: source.channel.localMember() })
  const told = () => b.eventsOf('conflict').map(event => [event.name, event.kept(), event.dropped()])
  t.strictSame(told(), [], 'whether it lives is not known yet')
  return { a, b, c, id, cluster, advance, told }
}

t.test('a conflict between parts of a session is told when the session itself has come', async t => {
  const { b, id, cluster, advance, told } = await fragment()
  cluster.filter = () => true
  await advance(1_500)
  const { x } = b.read(id) as { x: number }
  t.strictSame(told(), [['x', x, 5 - x]])
})

t.test('a conflict between parts of a session that has ended is not told', async t => {
  const { a, b, id, cluster, advance, told } = await fragment()
  a.manager.expireSession(id)
  cluster.filter = () => true
  await advance(1_500)
  t.equal(b.standing(id), 'dead')
  t.strictSame(told(), [])
})

t.test(
  'a conflict between parts of a session of which nobody has more is told when they are all there will be',
  async t => {
    const { a, c, advance, told } = await fragment()
    a.kill()
    c.kill()
    await advance(10_000)
    t.match(told(), [['x', Number, Number]])
  },
)

t.test('a session under a new id begins with the old one named, and its change of id is told once', async t => {
  const { a, b, cluster, advance } = await startCluster()
  const { id: oldId } = a.write(undefined, { x: 1 })
  await advance(10)
  let sent: Buffer | undefined
  cluster.filter = (body, source) => {
    if (source === a.channel) sent ??= Buffer.from(body)
    return true
  }
  const session = a.open(oldId)
  const id = session.changeSessionId()
  b.events.length = 0
  a.manager.requestCompleted(session)
  await advance(10)
  b.manager.messageReceived({ number: 1, options: 0, body: sent!, source: a.channel.localMember() })
  t.match(b.eventsOf('sessionCreated'), [{ id, oldId, local: false }])
  t.equal(b.eventsOf('sessionIdChanged').length, 1)
})
