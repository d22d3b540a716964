import t from 'tap'
import { addressOf, DROP_TIME_MS, SimCluster } from './support/sim-cluster.js'

const TEN = [...'abcdefghij']

t.test('ten nodes started in the same instant see nine others', async t => {
  for (const seed of [1, 2, 3]) {
    const cluster = new SimCluster(TEN, { seed })
    await cluster.start()
    const tookMs = await cluster.whole(2000)
    t.ok(tookMs < 1000, `seed ${seed}: ${tookMs} ms`)
    await cluster.clock.advance(20_000)
    for (const node of cluster.nodes)
      t.equal(node.events.length, 9, `seed ${seed}, ${node.name}: nobody came twice, nobody left`)
    await cluster.stop()
  }
})

t.test('a killed process is gone within milliseconds, because its kernel refuses the question', async t => {
  const { clock, network, nodes } = await SimCluster.started(['a', 'b', 'c'])
  const [a, b] = nodes
  network.kill(addressOf('c'))
  const tookMs = await clock.runUntil(() => a!.sees().length === 1 && b!.sees().length === 1)
  t.ok(tookMs < 250, `${tookMs} ms`)
  t.strictSame(a!.sees(), ['b'])
  await clock.advance(10_000)
  t.strictSame(a!.events.toSorted(), ['added b', 'added c', 'disappeared c'], 'once')
  t.ok(a!.log.includes(`info Received member disappeared:[c tcp://${addressOf('c')}:4000]`))
})

t.test(
  'a machine that lost its power is gone within dropTime, and not as soon as one that stands still for 2 s would be',
  async t => {
    const { clock, network, nodes } = await SimCluster.started(['a', 'b'])
    network.switchOff(addressOf('b'))
    const tookMs = await clock.runUntil(() => nodes[0]!.sees().length === 0)
    t.ok(tookMs > 2000 && tookMs < DROP_TIME_MS, `${tookMs} ms`)
  },
)

t.test('a cut link separates within dropTime, on both sides; healed, both see each other again', async t => {
  const { clock, network, nodes } = await SimCluster.started(['a', 'b'])
  network.cut(addressOf('a'), addressOf('b'))
  const tookMs = await clock.runUntil(() => nodes.every(node => node.sees().length === 0))
  t.ok(tookMs > 2000 && tookMs < DROP_TIME_MS, `${tookMs} ms`)
  await clock.advance(60_000)
  network.healAll()
  const backMs = await clock.runUntil(() => nodes.every(node => node.sees().length === 1))
  t.ok(backMs < 1000, `${backMs} ms`)
  await clock.advance(20_000)
  t.strictSame(nodes[0]!.events, ['added b', 'disappeared b', 'added b'])
  t.strictSame(nodes[1]!.events, ['added a', 'disappeared a', 'added a'])
})

t.test('a cut shorter than two thirds of dropTime separates nobody', async t => {
  const { clock, network, nodes } = await SimCluster.started(['a', 'b'])
  network.cut(addressOf('a'), addressOf('b'))
  await clock.advance((2 / 3) * DROP_TIME_MS)
  network.healAll()
  await clock.advance(20_000)
  t.strictSame(nodes[0]!.events, ['added b'])
})

t.test('a link cut one way separates both sides, and heals', async t => {
  const { clock, network, nodes } = await SimCluster.started(['a', 'b'])
  network.cutOneWay(addressOf('a'), addressOf('b'))
  await clock.runUntil(() => nodes.every(node => node.sees().length === 0), 20_000)
  network.healAll()
  const backMs = await clock.runUntil(() => nodes.every(node => node.sees().length === 1))
  t.ok(backMs < 1000, `${backMs} ms`)
})

t.test('a member whose multicast is lost but whose TCP answers stays in the group', async t => {
  const { clock, network, nodes } = await SimCluster.started(['a', 'b'])
  network.cutDatagrams(addressOf('b'), addressOf('a'))
  await clock.advance(10 * DROP_TIME_MS)
  t.strictSame(nodes[0]!.events, ['added b'])
})

t.test('a third of all datagrams lost, and half of them doubled: nobody is excluded', async t => {
  const { clock, nodes } = await SimCluster.started(['a', 'b', 'c', 'd'], {
    network: { datagramLoss: 0.3, datagramDuplication: 0.5, latencyMs: { min: 0, max: 400 } },
  })
  await clock.advance(120_000)
  for (const node of nodes) t.equal(node.events.length, 3, node.name)
})

t.test('a frozen process is gone, knows nothing of it, and is back when it wakes', async t => {
  const { clock, network, nodes } = await SimCluster.started(['a', 'b', 'c'])
  const [a, , c] = nodes
  network.pause(addressOf('c'))
  await clock.runUntil(() => a!.sees().length === 1, 10_000)
  await clock.advance(10_000)
  network.resume(addressOf('c'))
  const backMs = await clock.runUntil(() => nodes.every(node => node.sees().length === 2))
  t.ok(backMs < 1000, `${backMs} ms`)
  await clock.advance(10_000)
  t.strictSame(a!.sees(), ['b', 'c'])
  t.strictSame(c!.sees(), ['a', 'b'])
})

t.test('a process that stood still for a second is not excluded, and excludes nobody', async t => {
  const { clock, network, nodes } = await SimCluster.started(['a', 'b', 'c'])
  network.pause(addressOf('c'))
  await clock.advance(1000)
  network.resume(addressOf('c'))
  await clock.advance(10_000)
  for (const node of nodes) t.equal(node.events.length, 2, node.name)
})

t.test('a goodbye is believed at once, and asks nobody', async t => {
  const { clock, nodes } = await SimCluster.started(['a', 'b', 'c'])
  const [a, b, c] = nodes
  await clock.completion(c!.channel.stop())
  const tookMs = await clock.runUntil(() => a!.sees().length === 1 && b!.sees().length === 1)
  t.ok(tookMs < 50, `${tookMs} ms after stop`)
  t.notOk(a!.log.some(line => line.includes('Will verify')))
  await clock.advance(10_000)
  t.strictSame(a!.sees(), ['b'])
  t.strictSame(c!.sees(), [])
})

t.test('a restarted process is a new member at the old address', async t => {
  const cluster = await SimCluster.started(['a', 'b'])
  const { clock, network, nodes } = cluster
  const before = nodes[1]!.member.id
  network.kill(addressOf('b'))
  const restarted = cluster.newNode('b')
  await clock.completion(restarted.channel.start())
  await clock.runUntil(() => nodes[0]!.channel.members()[0]?.id === restarted.member.id)
  await clock.advance(10_000)
  t.strictSame(nodes[0]!.sees(), ['b'])
  t.not(nodes[0]!.channel.members()[0]!.id, before)
})

t.test('a frozen process that wakes after another one was restarted sees its successor only', async t => {
  for (let seed = 1; seed <= 5; seed++) {
    const cluster = await SimCluster.started(['a', 'b'], { seed })
    const { clock, network, nodes } = cluster
    const [a, b] = nodes
    network.cutOneWay(addressOf('a'), addressOf('b'))
    await clock.runUntil(() => a!.sees().length + b!.sees().length === 0, 10_000)
    network.pause(addressOf('b'))
    network.healAll()
    await clock.advance(500 * seed)
    network.switchOff(addressOf('a'))
    const restarted = cluster.newNode('a')
    await clock.completion(restarted.channel.start())
    await clock.advance(2000)
    network.resume(addressOf('b'))
    await clock.advance(2000)
    t.strictSame(
      b!.channel.members().map(member => member.id),
      [restarted.member.id],
      `seed ${seed}`,
    )
    t.strictSame(restarted.sees(), ['b'])
  }
})

t.test('a stopped channel can be started again', async t => {
  const cluster = await SimCluster.started(['a', 'b'])
  const [a, b] = cluster.nodes
  await cluster.clock.completion(b!.channel.stop())
  await cluster.clock.completion(b!.channel.start())
  await cluster.whole()
  await cluster.clock.completion(a!.send('hello'))
  t.strictSame(b!.heard, [{ from: 'a', body: 'hello' }])
})

t.test('two clusters on one group and port stay strangers', async t => {
  const cluster = new SimCluster(['a', 'b'])
  const strangers = ['c', 'd'].map(name => cluster.newNode(name, { clusterName: 'dogs' }))
  for (const node of strangers) await cluster.clock.completion(node.channel.start())
  await cluster.start()
  await cluster.clock.advance(30_000)
  t.strictSame(
    cluster.nodes.map(node => node.sees()),
    [['b'], ['a']],
  )
  t.strictSame(
    strangers.map(node => node.sees()),
    [['d'], ['c']],
  )
})

t.test('without multicast a list of members is enough, and it may be complete on one side only', async t => {
  const cluster = new SimCluster([], {})
  const a = cluster.newNode('a', { members: [] })
  const b = cluster.newNode('b', { members: [addressOf('a'), addressOf('b')] })
  cluster.nodes.push(a, b)
  await cluster.start()
  await cluster.whole()
  await cluster.clock.advance(60_000)
  t.strictSame(a.events, ['added b'])
  t.strictSame(b.events, ['added a'])
  cluster.network.kill(addressOf('b'))
  t.ok((await cluster.clock.runUntil(() => a.sees().length === 0)) < 250)
})
