import t from 'tap'
import { FaultyCluster, WHOLE } from '../support/faulty-cluster.js'

t.test(
  'a port that is taken: the next one is announced, and with all of them taken a process says so and is over',
  async t => {
    const world = await FaultyCluster.started()
    await world.suffer({ kind: 'port-taken', nodes: ['b'], ports: 2 }, 1_000)
    t.equal(world.cluster.node('b').process?.channel.localMember().port, 4002)
    t.strictSame([world.views(), world.troubles], [WHOLE, []])
    await world.suffer({ kind: 'port-taken', nodes: ['c'], ports: 100 }, 2_000)
    const ends = world.recorder.events.filter(event => event.kind === 'process' && event.incarnation === 'c#2')
    t.strictSame(
      ends.map(event => 'what' in event && event.what),
      ['start', 'kill'],
      'the process that found no port',
    )
    t.strictSame([world.views(), world.troubles], [WHOLE, []], 'the next one found one')
  },
)

t.test('an announced port that is not the first free one is told of', async t => {
  const world = await FaultyCluster.started({}, { receiver: { port: 4001 } })
  t.match(world.troubles, ['port 4000 is free, and 4001 is announced'])
})

t.test('a machine that moves while its process starts has other ports free there (2000706)', async t => {
  const world = await FaultyCluster.started()
  const c = world.cluster.node('c')
  c.kill()
  c.takePorts(3)
  c.start()
  await world.clock.advance(20)
  t.equal(c.process!.channel.localMember().port, 4003)
  c.move('10.0.7.7')
  await world.clock.advance(10_000)
  t.equal(c.process!.channel.localMember().port, 4000)
  t.strictSame([world.views(), world.troubles], [WHOLE, []])
})

t.test('listeners of the application that throw are contained, told of and counted', async t => {
  const world = await FaultyCluster.started()
  const { process } = world.cluster.node('a')
  process!.listeners.isThrowing = true
  process!.visit(
    undefined,
    visit => {
      visit.write('cart', 1)
      visit.finish()
    },
    () => {},
  )
  await world.clock.advance(500)
  t.ok(process!.listeners.thrown > 0)
  t.equal(process!.log.listenerFailures, process!.listeners.thrown)
  process!.listeners.thrown++
  world.judge()
  t.match(
    world.troubles,
    [/listeners threw \d+ times, and \d+ times the log says so/],
    'one that was swallowed is missed',
  )
})

t.test('a machine with a new address is a member again, and what rested on its links rests on them', async t => {
  const world = await FaultyCluster.started()
  const { network, cluster, clock } = world
  await world.suffer({ kind: 'new-address', nodes: ['c'], addresses: ['10.0.7.7'] }, 500)
  await clock.advance(5_000)
  t.equal(cluster.node('c').address, '10.0.7.7')
  t.strictSame(world.views(), WHOLE)
  network.cut(cluster.node('a').address, cluster.node('c').address)
  cluster.node('c').move('10.0.8.8')
  await clock.advance(10_000)
  t.strictSame(world.views(), ['a: b', 'b: a c', 'c: b'])
})

t.test('machines that have all got new addresses find each other there', async t => {
  for (const nodes of [
    ['b', 'c'],
    ['a', 'b', 'c'],
  ]) {
    const world = await FaultyCluster.started()
    const addresses = nodes.map((_, i) => `10.0.7.${i + 1}`)
    await world.suffer({ kind: 'new-address', nodes, addresses }, 3_000)
    await world.clock.advance(4_000)
    t.strictSame(world.views(), WHOLE)
    for (const node of nodes) {
      const process = world.cluster.node(node).process!
      t.equal(process.channel.localMember().host, world.cluster.node(node).address)
    }
  }
})

t.test('without multicast a list of members suffices, and each says once that there is none', async t => {
  const world = await FaultyCluster.started({ members: ['b'] })
  await world.clock.advance(20_000)
  world.judge()
  t.strictSame([world.views(), world.troubles], [WHOLE, []])
  t.strictSame(
    world.cluster.processes().map(({ log }) => log.deafWarnings),
    [1, 1, 1],
  )
  world.cluster.processes()[0]!.log.warned('multicast does not work here')
  t.match(world.troubles, [/one warning is enough/])
})

t.test('the largest heartbeat passes where 1,200 bytes are the most, and a larger one is told of', async t => {
  const world = await FaultyCluster.started({ mtuBytes: 1_200 })
  world.judge()
  t.strictSame([world.views(), world.troubles], [WHOLE, []])
  const narrow = await FaultyCluster.started({ mtuBytes: 600 })
  narrow.judge()
  t.match(narrow.troubles, [/datagrams were larger than the network lets through/])
})

for (const addresses of ['advertised', 'ipv6'] as const)
  t.test(`addresses: ${addresses}`, async t => {
    const world = await FaultyCluster.started({ addresses })
    t.strictSame([world.views(), world.troubles], [WHOLE, []])
    const { host } = world.cluster.node('a').process!.channel.localMember()
    t.equal(host, addresses === 'ipv6' ? 'fd00::1' : 'host-a')
  })

t.test('a node with as many sessions as it may have answers 503', async t => {
  const world = await FaultyCluster.started({ maxActiveSessions: 1 })
  const outcomes: string[] = []
  for (let i = 0; i < 3; i++) {
    world.cluster.node('a').process!.visit(
      undefined,
      visit => {
        visit.write('cart', i)
        visit.finish()
      },
      ({ outcome }) => outcomes.push(outcome),
    )
    await world.clock.advance(100)
  }
  t.strictSame(outcomes, ['ok', 'refused', 'refused'])
})
