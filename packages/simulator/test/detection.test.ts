import t from 'tap'
import { SeededRandom } from '../src/index.js'
import { addressOf, SimCluster } from './support/sim-cluster.js'

/** The value below which `share` of all values lie. */
function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1]!
}

/** Every node talks to all others, for ever. */
function chatter({ clock, nodes }: SimCluster): void {
  for (const node of nodes) if (node.host.process.isRunning && node.channel.hasMembers()) node.send('x').catch(() => {})
  clock.setTimer(20, () => chatter({ clock, nodes } as SimCluster))
}

/** How long the last of the others takes to notice that `b` has lost its power. */
async function silentDeathMs(seed: number): Promise<number> {
  const names = seed % 2 === 0 ? ['a', 'b'] : ['a', 'b', 'c', 'd']
  const cluster = await SimCluster.started(names, { seed })
  const { clock, network, nodes } = cluster
  if (seed % 4 >= 2) chatter(cluster)
  await clock.advance(2000 + new SeededRandom(seed).below(1000))
  network.switchOff(addressOf('b'))
  return clock.runUntil(() => nodes.every(node => node.name === 'b' || !node.sees().includes('b')), 20_000)
}

t.test(
  'silent death, idle or under load, 2 or 4 nodes: gone after 2.5 s at the median, always within 2.75 s',
  async t => {
    const times: number[] = []
    for (let seed = 1; seed <= 200; seed++) times.push(await silentDeathMs(seed))
    const [p50, p99] = [percentile(times, 0.5), percentile(times, 0.99)]
    t.comment(`p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms`)
    t.ok(p50 <= 2500, `p50 ${p50}`)
    t.ok(p99 <= 2750, `p99 ${p99}`)
    t.ok(percentile(times, 0.001) > 2000, 'and never in the time of a stall')
  },
)

t.test('kill -9: gone within 250 ms, 200 times', async t => {
  const times: number[] = []
  for (let seed = 1; seed <= 200; seed++) {
    const { clock, network, nodes } = await SimCluster.started(['a', 'b', 'c'], { seed })
    await clock.advance(new SeededRandom(seed).below(1000))
    network.kill(addressOf('b'))
    times.push(await clock.runUntil(() => nodes.every(node => node.name === 'b' || !node.sees().includes('b'))))
  }
  t.ok(percentile(times, 1) <= 250, `max ${percentile(times, 1)}`)
})

t.test('1,000 stalls of 2 s exclude nobody, and accuse nobody, idle and under load', async t => {
  let changes = 0
  for (let seed = 1; seed <= 50; seed++) {
    const cluster = await SimCluster.started(['a', 'b', 'c'], { seed })
    const { clock, network, nodes } = cluster
    const random = new SeededRandom(seed)
    if (seed % 2 === 0) chatter(cluster)
    for (let i = 0; i < 20; i++) {
      await clock.advance(2500 + random.below(1500))
      const stalled = nodes[random.below(3)]!.host.address
      network.pause(stalled)
      await clock.advance(2000)
      network.resume(stalled)
    }
    await clock.advance(5000)
    for (const node of nodes) changes += node.events.length - 2
  }
  t.equal(changes, 0)
})

t.test('two of three stand still for 2 s at the same time, again and again: nobody is excluded', async t => {
  for (let seed = 1; seed <= 20; seed++) {
    const { clock, network, nodes } = await SimCluster.started(['a', 'b', 'c'], { seed })
    for (let i = 0; i < 5; i++) {
      await clock.advance(3000 + seed * 10)
      for (const name of ['a', 'b']) network.pause(addressOf(name))
      await clock.advance(2000)
      for (const name of ['a', 'b']) network.resume(addressOf(name))
    }
    await clock.advance(5000)
    for (const node of nodes) t.equal(node.events.length, 2, `seed ${seed}, ${node.name}`)
  }
})

t.test('a process stopped for 10 s is out within 4 s, back within 1 s, and never thought the others gone', async t => {
  const [out, back]: [number[], number[]] = [[], []]
  for (let seed = 1; seed <= 100; seed++) {
    const { clock, network, nodes } = await SimCluster.started(['a', 'b', 'c'], { seed })
    const [a, b, c] = nodes
    await clock.advance(1000 + seed * 7)
    network.pause(addressOf('c'))
    out.push(await clock.runUntil(() => !a!.sees().includes('c') && !b!.sees().includes('c')))
    await clock.advance(10_000 - out.at(-1)!)
    network.resume(addressOf('c'))
    back.push(await clock.runUntil(() => nodes.every(node => node.sees().length === 2)))
    await clock.advance(10_000)
    if (c!.events.length !== 2) t.fail(`seed ${seed}: ${c!.events}`)
  }
  t.ok(percentile(out, 1) <= 4000, `out: max ${percentile(out, 1)}`)
  t.ok(percentile(back, 1) <= 1000, `back: max ${percentile(back, 1)}`)
})

t.test(
  'a process that stood still with questions open judges by what it hears afterwards, not by what it missed',
  async t => {
    for (let seed = 1; seed <= 30; seed++) {
      const network = { latencyMs: { min: 50, max: 80 } }
      const cluster = await SimCluster.started(['a', 'b', 'c'], { seed, network })
      await cluster.clock.advance(1000 + seed * 13)
      cluster.network.pause(addressOf('a'))
      await cluster.clock.advance(2000 + seed * 400)
      cluster.network.resume(addressOf('a'))
      await cluster.clock.advance(10_000)
      t.strictSame(cluster.nodes[0]!.events.toSorted(), ['added b', 'added c'], `seed ${seed}`)
    }
  },
)

t.test(
  'a member whose connection breaks while it stands still for 2 s is not excluded, though it does not answer',
  async t => {
    for (let seed = 1; seed <= 20; seed++) {
      const { clock, network, nodes } = await SimCluster.started(['a', 'b', 'c'], { seed })
      await clock.advance(1000 + seed * 13)
      network.pause(addressOf('c'))
      for (const name of ['a', 'b']) network.resetStreams(addressOf(name), addressOf('c'))
      await clock.advance(2000)
      network.resume(addressOf('c'))
      await clock.advance(10_000)
      for (const node of nodes) t.equal(node.events.length, 2, `seed ${seed}, ${node.name}`)
    }
  },
)

t.test('30 % and 60 % of all heartbeats lost for ten minutes: nobody is excluded as long as TCP lives', async t => {
  for (const datagramLoss of [0.3, 0.6]) {
    const { clock, nodes } = await SimCluster.started(['a', 'b', 'c', 'd'], { network: { datagramLoss } })
    await clock.advance(600_000)
    for (const node of nodes) t.equal(node.events.length, 3, `${datagramLoss}, ${node.name}`)
  }
})

t.test('a silent connection between members that live is replaced, and nobody is excluded', async t => {
  for (let seed = 1; seed <= 20; seed++) {
    const { clock, network, nodes } = await SimCluster.started(['a', 'b', 'c'], { seed })
    await clock.advance(1000 + seed * 11)
    network.silence(addressOf('a'), addressOf('b'))
    await clock.advance(5000)
    await clock.completion(nodes[0]!.send('are you there?', 'synchronized-ack'), 100)
    await clock.completion(nodes[1]!.send('and you?', 'synchronized-ack'), 100)
    for (const node of nodes) t.equal(node.events.length, 2, `seed ${seed}, ${node.name}`)
  }
})
