import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import type { DeliveryObserver, Member } from '@clowder/tribes'
import t from 'tap'
import type { SocketsBehindError } from '../../src/errors.js'
import { MemberBacklog } from '../../src/faces/socket.io/member-backlog.js'
import { isolated, startMembers } from '../support/test-node.js'
import { connected, socketSite } from './support/socket-site.js'

const MEMBER = { id: 'b', name: 'b', host: '127.0.0.1', port: 4000 } as Member
const KIB = 1_024
/** Far more than the queue for a member takes. */
const BURST = 6_000

t.test(
  'a burst larger than the queue of the transport arrives whole and in order, and who asks next is answered',
  async t => {
    const options = {
      ...isolated('burst'),
      sender: { maxQueueBytes: 2 * KIB * KIB },
      manager: { acknowledgeTimeout: 20_000 },
    }
    const clusters = await startMembers(['a', 'b'], options)
    t.teardown(() => Promise.all(clusters.map(cluster => cluster.stop())))
    const [a, b] = await Promise.all([socketSite(t, clusters[0]!), socketSite(t, clusters[1]!)])
    for (const { io } of [a, b]) while ((await io.of('/').adapter.serverCount()) !== 2) await setImmediate()
    const client = await connected(t, b)
    const heard: number[] = []
    client.on('n', (n: number) => heard.push(n))
    const last = once(client as never, 'last')

    const text = 'x'.repeat(KIB)
    for (let n = 0; n < BURST; n++) a.io.emit('n', n, text)
    a.io.emit('last')
    const session = clusters[0]!.manager.createSession()
    session.setAttribute('user', 'ada')
    const commit = clusters[0]!.manager.requestCompleted(session, 'backup')
    const found = await a.io.fetchSockets()
    t.strictSame(
      found.map(({ id }) => id),
      [client.id],
    )
    await last
    t.equal(await commit.acknowledged, 'held', 'sessions find room beside it')
    t.strictSame(
      heard,
      Array.from({ length: BURST }, (_, n) => n),
    )
  },
)

/** A channel that keeps what it is given, and acknowledges when told. */
function backlogTo(maxBytes: number) {
  const posted: { body: Uint8Array; observer: DeliveryObserver }[] = []
  const refusals: SocketsBehindError[] = []
  const failures: Error[] = []
  const state = { isStopped: false }
  const channel = {
    post: (_: readonly Member[], body: Uint8Array, __: object, observer: DeliveryObserver = {}) => {
      if (state.isStopped) throw new Error('stopped')
      return posted.push({ body, observer })
    },
  }
  const failed = ({ cause }: { cause: Error }) => void failures.push(cause)
  const refused = (error: SocketsBehindError) => void refusals.push(error)
  const backlog = new MemberBacklog({ channel, failed, refused }, MEMBER, maxBytes)
  const settleAll = () => {
    for (const { observer } of posted.splice(0)) observer.settled?.({} as never)
  }
  const message = (size: number, first = 0) => [Buffer.alloc(size, first)]
  return { backlog, posted, refusals, failures, state, settleAll, message }
}

t.test('of what waits for a member a part is under way, and the rest follows as it is acknowledged', async t => {
  const { backlog, posted, settleAll, message, refusals } = backlogTo(1e9)
  const order: number[] = []
  for (let n = 0; n < 40; n++) backlog.add(message(100 * KIB, n), true)
  t.equal(posted.length, 10)
  while (posted.length > 0) {
    order.push(...posted.map(({ body }) => body[0]!))
    settleAll()
  }
  t.strictSame(
    order,
    Array.from({ length: 40 }, (_, n) => n),
  )
  t.strictSame(refusals, [])
  backlog.add(message(5_000 * KIB), true)
  t.equal(posted.length, 1, 'a message larger than what may be under way goes alone')
})

t.test(
  'broadcasts for which there is no room are refused, and it is told once until the member has caught up',
  async t => {
    const { backlog, posted, settleAll, message, refusals } = backlogTo(2_000 * KIB)
    const burst = () => {
      for (let n = 0; n < 50; n++) backlog.add(message(100 * KIB), true)
    }
    burst()
    t.match(refusals, [{ code: 'CLOWDER_SOCKETS_BEHIND', member: MEMBER, maxBacklogBytes: 2_000 * KIB }])
    t.match(refusals[0]!.message, /wait for b tcp:\/\/127\.0\.0\.1:4000.*send less at once/)
    backlog.add(message(1, 7), false)
    let sent = 0
    while (posted.length > 0) {
      sent += posted.length
      if (posted.at(-1)!.body[0] === 7) t.pass('a request goes out all the same')
      settleAll()
    }
    t.equal(sent, 31)
    t.equal(refusals.length, 1)
    burst()
    t.equal(refusals.length, 2)
  },
)

t.test('nothing is sent to a member that is gone, nor by a cluster that has stopped', async t => {
  const gone = backlogTo(1e9)
  for (let n = 0; n < 20; n++) gone.backlog.add(gone.message(100 * KIB), true)
  gone.backlog.close()
  gone.settleAll()
  gone.backlog.add(gone.message(1), true)
  t.equal(gone.posted.length, 0)

  const stopped = backlogTo(1e9)
  for (let n = 0; n < 20; n++) stopped.backlog.add(stopped.message(100 * KIB), true)
  stopped.state.isStopped = true
  stopped.settleAll()
  t.match(stopped.failures, [{ message: 'stopped' }])
  t.equal(stopped.posted.length, 0)
})
