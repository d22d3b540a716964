import type { Delivery } from '@clowder/tribes'
import t from 'tap'
import { holdProcess } from '../../packages/clowder/src/cluster/hold-process.js'
import { type Cluster, createCluster, type DeltaSession } from '../../packages/clowder/src/index.js'
import { isolated, memberCount } from '../../packages/clowder/test/support/test-node.js'
import { textHash } from '../../packages/ha/src/state/state-hash.js'
import { newerNetwork } from '../support/newer-network.js'

/** A message between managers of a type that no member of today has. */
const NEW_MESSAGE = Buffer.alloc(7, 0xee)
NEW_MESSAGE[0] = 0x48
NEW_MESSAGE.writeUInt32BE(textHash('default'), 1)

async function change(cluster: Cluster, session: DeltaSession): Promise<string> {
  const { acknowledged = 'nobody' } = cluster.manager.requestCompleted(session, 'all')
  const answer = await holdProcess(Promise.resolve(acknowledged))
  if (answer !== 'held') throw new Error(`what ${cluster.localMember().name} wrote is ${answer}`)
  return session.id
}

function open(cluster: Cluster, id: string): DeltaSession {
  const found = cluster.manager.findSession(id)
  if (found.kind !== 'here') throw new Error(`the session is ${found.kind} on ${cluster.localMember().name}`)
  return found.session
}

t.test('a member of a later minor version works in a cluster of today’s, and they with it', async t => {
  const options = isolated('versions')
  const ports = (name: string) => (name === 'newer' ? { network: newerNetwork } : {})
  const clusters = await Promise.all(
    ['today1', 'newer', 'today2'].map(jvmRoute => createCluster({ ...options, jvmRoute }, ports(jvmRoute))),
  )
  t.teardown(() => Promise.all(clusters.map(cluster => cluster.stop())))
  await Promise.all(clusters.map(cluster => memberCount(cluster, 2)))
  const [today, newer, other] = clusters as [Cluster, Cluster, Cluster]

  const made = newer.manager.createSession()
  made.setAttribute('by', 'newer')
  made.setProperty('flavour', { of: 'a later version' })
  const id = await change(newer, made)

  const seen = open(today, id)
  t.strictSame(seen.attributeNames(), ['by'], 'a property that it does not know is none of its attributes')
  seen.setAttribute('by', 'today')
  seen.setAttribute('more', [1, 2])
  await change(today, seen)

  const back = open(newer, id)
  t.strictSame(
    ['by', 'more'].map(name => back.getAttribute(name)),
    ['today', [1, 2]],
  )
  t.strictSame(back.getProperty('flavour'), { of: 'a later version' }, 'and it is kept for those who know it')
  t.equal(new Set(clusters.map(cluster => cluster.manager.digest())).size, 1, 'all hold the same')

  const unclaimed = () => [today, other].map(cluster => cluster.inspect().channel?.messagesUnclaimed ?? 0)
  const before = unclaimed()
  const delivered = (guarantee: 'use-ack' | 'synchronized-ack') =>
    new Promise<Delivery>(settled => newer.channel.post(newer.members(), NEW_MESSAGE, { guarantee }, { settled }))
  t.strictSame((await holdProcess(delivered('use-ack'))).faulty, [])
  const { faulty } = await holdProcess(delivered('synchronized-ack'))
  const codes = faulty.map(({ cause }) => (cause as { code?: string }).code)
  t.strictSame(codes, Array(2).fill('TRIBES_REMOTE_PROCESS'), 'who must know that it was applied hears that it was not')
  t.strictSame(
    unclaimed(),
    before.map(count => count + 2),
    'a message of a new type is counted',
  )
  for (const cluster of [today, other]) {
    const { transport, multicast } = cluster.inspect()
    t.ok(transport!.framesUnknown > 0, 'so are frames of a new type')
    t.match(
      { transport, multicast },
      { transport: { malformed: 0, handshakesRefused: Number }, multicast: { malformed: 0 } },
    )
    t.equal(cluster.members().length, 2, 'and nobody has lost a connection for good')
  }

  newer.manager.expireSession(id)
  await newer.stop()
  await Promise.all([today, other].map(cluster => memberCount(cluster, 1)))
  t.equal(today.manager.findSession(id).kind, 'dead')
})
