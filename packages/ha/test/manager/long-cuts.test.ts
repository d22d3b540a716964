import t from 'tap'
import type { VersionToken } from '../../src/index.js'
import { startCluster, type TestNode } from '../support/delta-cluster.js'

const LIMIT_S = 4
const HOUR_MS = 3_600_000

t.test(
  'who goes to and fro over a cut is told for as long as it does which of its answers are old, though it only reads where it wrote',
  async t => {
    for (const writesOnBoth of [false, true]) {
      const { a, b, cluster, until, advance } = await startCluster({ options: { maxInactiveInterval: LIMIT_S } })
      const { id } = a.write(undefined, { x: 1 })
      await advance(10)
      cluster.cut(a.channel, b.channel)
      await advance(1_000)
      let token = b.write(id, { x: 2 }).token
      const visit = async (node: TestNode): Promise<boolean> => {
        await advance(1_300)
        const found = node.manager.findSession(id, token)
        const visited = found.kind === 'here' ? { ...found, stale: false } : await until(node.load(id, token))
        if (visited.kind !== 'here') throw new Error(visited.kind)
        token = visited.session.token
        return visited.stale
      }
      t.ok(await visit(a))
      if (writesOnBoth) token = a.write(id, { y: 1 }).token
      for (let round = 0; round < 6; round++) {
        t.equal(await visit(b), writesOnBoth, 'what was written there is there')
        t.ok((await visit(a)) && (await visit(a)), 'twice: the first answer takes nothing of it away')
        t.ok(token.usedMs, 'its token says when the session was used last')
      }
      cluster.heal()
      for (let round = 0; round < 10; round++) t.notOk(await visit(a), 'all has come')
      t.equal(token.usedMs, undefined, 'nobody is out any more')
    }
  },
)

t.test('what a client has seen beyond a cut is not taken for old because clocks are seconds apart', async t => {
  const options = { maxInactiveInterval: LIMIT_S }
  const { a, b, cluster, until, advance } = await startCluster({ options, skewsMs: [4_000, -4_000] })
  await advance(12_000)
  let { id, token } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.cut(a.channel, b.channel)
  for (let n = 0; n < 3; n++) {
    await advance(2_000)
    a.write(id, { y: n })
    token = b.write(id, { x: n }).token
  }
  for (let n = 0; n < 2; n++) {
    const loaded = await until(a.load(id, token))
    if (loaded.kind !== 'here') throw new Error(loaded.kind)
    t.ok(loaded.stale)
    token = loaded.session.token
  }
})

t.test('nor because a clock is set meanwhile, on the one side or on the other', async t => {
  for (const setMs of [HOUR_MS, -HOUR_MS])
    for (const isHere of [true, false]) {
      const options = { maxInactiveInterval: LIMIT_S }
      const { a, b, cluster, until, advance } = await startCluster({ options })
      await advance(12_000)
      let { id, token } = a.write(undefined, { x: 1 })
      await advance(10)
      cluster.cut(a.channel, b.channel)
      token = b.write(id, { x: 2 }).token
      a.write(id, { y: 0 })
      const set = isHere ? a : b
      const visit = async (node: TestNode): Promise<boolean> => {
        await advance(1_000)
        const visited = await until(node.load(id, token))
        if (visited.kind !== 'here') throw new Error(visited.kind)
        token = visited.session.token
        return visited.stale
      }
      for (let round = 0; round < 6; round++) {
        await visit(b)
        const isTold = (await visit(a)) && (await visit(a))
        t.ok(isTold, `${isHere ? 'here' : 'there'}, by ${setMs} ms, round ${round}`)
        if (round === 1) set.channel.skewMs += setMs
      }
    }
})

t.test('a client that has been served all that it had seen has the token that it always had', async t => {
  const { a, b, cluster, advance } = await startCluster()
  const { id } = a.write(undefined, { x: 1 })
  await advance(10)
  cluster.cut(a.channel, b.channel)
  await advance(1_000)
  const seen: VersionToken = a.open(id).token
  t.strictSame(a.open(id, seen).token, seen)
  t.equal(seen.usedMs, undefined)
})
