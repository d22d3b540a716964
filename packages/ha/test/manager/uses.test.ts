import t from 'tap'
import type { Message } from '../../src/wire/message.js'
import { encodeMessage } from '../../src/wire/message-codec.js'
import { startCluster, TestNode } from '../support/delta-cluster.js'

const LIMIT_S = 60
const options = { maxInactiveInterval: LIMIT_S }

/** When the session was used last, as far as this node knows. */
function usedAtMs({ manager }: TestNode, id: string): number | undefined {
  return manager.peekSession(id)?.lastAccessedTime
}

t.test('a session that has long been idle is no younger for who joins', async t => {
  const { a, cluster, until, advance } = await startCluster({ options })
  const { id } = a.write(undefined, { x: 1 })
  await advance(40_000)
  const d = new TestNode(cluster, 'd', options)
  await d.up()
  await advance(10)
  await until(d.manager.join())
  t.equal(d.manager.countSessions(), 1)
  await advance(21_000)
  t.strictSame(
    [a, d].map(node => node.standing(id)),
    ['behind', 'behind'],
  )
})

t.test('who knows of a later use than others is not set back by what these say', async t => {
  const { a, b, advance } = await startCluster({ options })
  const { id } = a.write(undefined, { x: 1 })
  await advance(40_000)
  const idleMs = 40_000
  const states = [{ id, idleMs, state: a.stateOf(id)! }]
  const messages: readonly Message[] = [
    { type: 'STATE', exchange: 0, states },
    { type: 'TOUCH', accesses: [{ id, idleMs }] },
  ]
  b.open(id)
  const knownMs = usedAtMs(b, id)
  for (const message of messages) {
    b.receive(encodeMessage(b.wireName, message))
    t.equal(usedAtMs(b, id), knownMs, message.type)
  }
})

t.test('a use without a copy is told of again when the copy comes from somebody who has not heard of it', async t => {
  const { a, b, cluster, advance } = await startCluster({ options })
  cluster.filter = () => false
  const { id } = b.write(undefined, { x: 1 })
  await advance(10_000)
  a.manager.touchSession(id)
  const usedMs = a.channel.clock.wallTime()
  await advance(2_000)
  cluster.filter = () => true
  await advance(5_000)
  t.equal(usedAtMs(a, id), usedMs)
  t.ok(Math.abs(usedAtMs(b, id)! - usedMs) < 10)
})

t.test('a commit tells of the use that it is: of a write nobody is told a second time', async t => {
  const { a, cluster, advance } = await startCluster({ options })
  const { id } = a.write(undefined, { x: 1 })
  await advance(10_000)
  let touches = 0
  cluster.filter = body => {
    if (body[5] === 6) touches++
    return true
  }
  a.write(id, { x: 2 })
  await advance(10_000)
  t.equal(touches, 0)
  a.open(id)
  await advance(10_000)
  t.equal(touches, 1)
})

t.test(
  'what is long past its limit when it is looked at is not dropped before the others can have answered',
  async t => {
    const { a, b, cluster, advance } = await startCluster({ options })
    const { id } = a.write(undefined, { x: 1 })
    await advance(50_000)
    b.channel.hang()
    cluster.filter = body => body[5] !== 6
    a.open(id)
    await advance(40_000)
    cluster.filter = () => true
    cluster.faults = { ...cluster.faults, delayMinMs: 800, delayMaxMs: 800 }
    b.channel.resume()
    await advance(15_000)
    t.strictSame(b.manager.sessionIds(), [id])
    t.strictSame(b.eventsOf('sessionExpired'), [])
    t.equal(b.manager.inspect().expiry.spared, 1)
  },
)
