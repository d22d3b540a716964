import type { Delivery } from '@clowder/tribes'
import t from 'tap'
import { holdProcess } from '../../packages/clowder/src/cluster/hold-process.js'
import { type Cluster, createCluster, type DeltaSession } from '../../packages/clowder/src/index.js'
import { isolated, memberCount } from '../../packages/clowder/test/support/test-node.js'
import { textHash } from '../../packages/ha/src/state/state-hash.js'
import { newerNetwork } from '../support/newer-network.js'
import { olderNetwork } from '../support/older-network.js'

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

const older = { network: olderNetwork }

t.test(
  'a member of today joins older ones, and an older one joins it: each has and changes what the others wrote',
  async t => {
    const options = isolated('older-versions')
    const start = async (jvmRoute: string, isOlder: boolean) => {
      const cluster = await createCluster({ ...options, jvmRoute }, isOlder ? older : {})
      t.teardown(() => cluster.stop())
      return cluster
    }
    const first = await start('older1', true)
    const made = first.manager.createSession()
    made.setAttribute('by', 'older')
    const id = made.id
    first.manager.requestCompleted(made)
    const today = await start('today', false)
    await Promise.all([memberCount(first, 1), memberCount(today, 1)])
    const seen = open(today, id)
    t.equal(seen.getAttribute('by'), 'older', 'a newcomer of today has what older ones wrote before it came')
    seen.setAttribute('by', 'today')
    seen.setProperty('flavour', { of: 'today' })
    await change(today, seen)

    const last = await start('older2', true)
    await Promise.all([first, today, last].map(cluster => memberCount(cluster, 2)))
    const back = open(last, id)
    t.equal(back.getAttribute('by'), 'today', 'and an older newcomer what today’s wrote')
    back.setAttribute('more', [1, 2])
    await change(last, back)
    const whole = open(today, id)
    t.strictSame([whole.getAttribute('more'), whole.getProperty('flavour')], [[1, 2], { of: 'today' }])

    const route = Buffer.from([0x57, 0])
    const delivered = new Promise<Delivery>(settled =>
      today.channel.post(today.members(), route, { guarantee: 'use-ack' }, { settled }),
    )
    t.strictSame((await holdProcess(delivered)).faulty, [], 'what older ones do not know they leave out')
    t.ok(first.inspect().channel!.messagesUnclaimed > 0)
    for (const cluster of [first, today, last]) {
      const { transport, multicast, channel: _ } = cluster.inspect()
      t.match({ transport, multicast }, { transport: { malformed: 0, framesUnknown: 0 }, multicast: { malformed: 0 } })
    }
    await holdProcess(Promise.resolve(today.manager.expireSession(id, 'all').acknowledged))
    t.equal(first.manager.findSession(id).kind, 'dead')
  },
)

t.test(
  'an older cluster is replaced by today’s, one member after the other and under writes: nothing is lost',
  async t => {
    const options = isolated('rolling')
    const start = (jvmRoute: string, isOlder: boolean) => createCluster({ ...options, jvmRoute }, isOlder ? older : {})
    let clusters = await Promise.all(['older1', 'older2', 'older3'].map(name => start(name, true)))
    t.teardown(() => Promise.all(clusters.map(cluster => cluster.stop())))
    await Promise.all(clusters.map(cluster => memberCount(cluster, 2)))
    const ids = clusters.map(cluster => {
      const session = cluster.manager.createSession()
      session.setAttribute('n', 0)
      cluster.manager.requestCompleted(session)
      return session.id
    })
    let writes = 0
    let isOver = false
    const write = async () => {
      while (!isOver) {
        const cluster = clusters[writes % clusters.length]!
        const id = ids[Math.floor(writes / 3) % 3]!
        const loaded = await cluster.manager.loadSession(id)
        if (loaded.kind !== 'here') throw new Error(`the session is ${loaded.kind} on ${cluster.localMember().name}`)
        loaded.session.setAttribute(`${writes}`, writes)
        loaded.session.setAttribute('n', writes)
        // While one leaves it need not acknowledge any more.
        await holdProcess(Promise.resolve(cluster.manager.requestCompleted(loaded.session, 'all').acknowledged))
        writes++
      }
    }
    const writing = write()
    for (const name of ['older1', 'older2', 'older3']) {
      const leaving = clusters.find(cluster => cluster.localMember().name === name)!
      const before = writes
      clusters = clusters.filter(cluster => cluster !== leaving)
      await leaving.stop()
      const newcomer = await start(`today-of-${name}`, false)
      await Promise.all([newcomer, ...clusters].map(cluster => memberCount(cluster, 2)))
      clusters = [...clusters, newcomer]
      while (writes < before + 30) await new Promise(resolve => setImmediate(resolve))
    }
    isOver = true
    await writing
    const held = clusters.map(cluster => ids.flatMap(id => open(cluster, id).attributeNames()).length)
    t.strictSame(held, Array(3).fill(writes + 3), 'every write is on every member')
    t.equal(new Set(clusters.map(cluster => cluster.manager.digest())).size, 1)
    for (const cluster of clusters) t.match(cluster.inspect().transport, { malformed: 0, framesUnknown: 0 })
  },
)
