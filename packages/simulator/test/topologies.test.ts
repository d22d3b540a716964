import t, { type Test as Tap } from 'tap'
import { SeededRandom } from '../src/index.js'
import { addressOf, SimCluster } from './support/sim-cluster.js'
import { SimNode } from './support/sim-node.js'

const [A, B, C] = ['a', 'b', 'c'].map(addressOf) as [string, string, string]

/** Of one node, to whoever announces itself: one a second and address; and now and then one for a member in doubt. */
const MOST_DIALS = 1.5

/** Lets `ms` pass and answers how many times a view changed, and how often one node dialled per second at most. */
async function watch({ clock, nodes }: SimCluster, ms: number): Promise<{ changes: number; dialsPerSecond: number }> {
  const before = nodes.map(node => ({ events: node.events.length, dials: node.host.counters.dials }))
  await clock.advance(ms)
  const changes = nodes.reduce((sum, node, i) => sum + node.events.length - before[i]!.events, 0)
  const dials = nodes.map((node, i) => node.host.counters.dials - before[i]!.dials)
  return { changes, dialsPerSecond: (Math.max(...dials) * 1000) / ms }
}

const see = (cluster: SimCluster, views: Record<string, string>) =>
  cluster.nodes.every(node => node.sees().join('') === views[node.name])

async function seeSoon(cluster: SimCluster, views: Record<string, string>, maxMs: number): Promise<void> {
  await cluster.clock.runUntil(() => see(cluster, views), maxMs)
}

/** The same as an assertion of the test. */
async function seen(t: Tap, cluster: SimCluster, views: Record<string, string>, maxMs: number): Promise<void> {
  await t.resolves(seeSoon(cluster, views, maxMs), `${JSON.stringify(views)} within ${maxMs} ms`)
}

t.test(
  'a link cut one way: both ends drop each other, stay so without a storm, and come back within a second',
  async t => {
    for (let seed = 1; seed <= 20; seed++) {
      for (const names of [
        ['a', 'b'],
        ['a', 'b', 'c'],
      ]) {
        const cluster = await SimCluster.started(names, { seed })
        const whole = names.length === 2 ? { a: 'b', b: 'a' } : { a: 'bc', b: 'ac', c: 'ab' }
        const apart = names.length === 2 ? { a: '', b: '' } : { a: 'c', b: 'c', c: 'ab' }
        await cluster.clock.advance(1000 + 17 * seed)
        cluster.network.cutOneWay(A, B)
        await seeSoon(cluster, apart, 6000)
        const { changes, dialsPerSecond } = await watch(cluster, 60_000)
        t.equal(changes, 0, `seed ${seed}: nobody changed its mind`)
        t.ok(dialsPerSecond <= MOST_DIALS, `seed ${seed}: ${dialsPerSecond} dials a second`)
        cluster.network.healAll()
        await seeSoon(cluster, whole, 1000)
      }
    }
  },
)

t.test('a bridge, A–B and B–C but no A–C: each keeps those it can talk to, for ever, without a storm', async t => {
  for (let seed = 1; seed <= 20; seed++) {
    const cluster = await SimCluster.started(['a', 'b', 'c'], { seed })
    await cluster.clock.advance(1000 + 17 * seed)
    cluster.network.cut(A, C)
    await seeSoon(cluster, { a: 'b', b: 'ac', c: 'b' }, 5000)
    const { changes, dialsPerSecond } = await watch(cluster, 120_000)
    t.equal(changes, 0, `seed ${seed}: nobody changed its mind`)
    t.ok(dialsPerSecond <= MOST_DIALS, `seed ${seed}: ${dialsPerSecond} dials a second`)
    cluster.network.healAll()
    await seeSoon(cluster, { a: 'bc', b: 'ac', c: 'ab' }, 1000)
  }
})

t.test('a pair cut off from each other for 3.5 s while others hear both stays together', async t => {
  for (let seed = 1; seed <= 20; seed++) {
    const cluster = await SimCluster.started(['a', 'b', 'c'], { seed })
    cluster.network.cut(A, C)
    await cluster.clock.advance(3500)
    cluster.network.healAll()
    await cluster.clock.advance(10_000)
    for (const node of cluster.nodes) t.equal(node.events.length, 2, `seed ${seed}, ${node.name}`)
  }
})

t.test('halves: each sees its own within 5 s, and both are one again within a second', async t => {
  for (let seed = 1; seed <= 10; seed++) {
    const cluster = await SimCluster.started([...'abcd'], { seed })
    for (const left of 'ab') for (const right of 'cd') cluster.network.cut(addressOf(left), addressOf(right))
    await seen(t, cluster, { a: 'b', b: 'a', c: 'd', d: 'c' }, 5000)
    await cluster.clock.advance(20_000)
    cluster.network.healAll()
    await seen(t, cluster, { a: 'bcd', b: 'acd', c: 'abd', d: 'abc' }, 1000)
  }
})

t.test('a link that flaps, with resets, is dialled at most 2.7 times a second', async t => {
  for (const [upMs, downMs] of [
    [5, 0],
    [50, 50],
    [300, 300],
    [1500, 3000],
  ] as const) {
    const cluster = await SimCluster.started(['a', 'b', 'c'], { seed: upMs })
    const { clock, network, nodes } = cluster
    const random = new SeededRandom(upMs)
    const before = nodes.map(node => node.host.counters.dials)
    const startMs = clock.now()
    while (clock.now() < startMs + 60_000) {
      if (downMs > 0) network.cut(A, B)
      if (random.chance(0.5)) network.resetStreams(A, B)
      await clock.advance(downMs * random.between(0.5, 1.5))
      network.healAll()
      await clock.advance(upMs * random.between(0.5, 1.5))
    }
    const most = Math.max(...nodes.map((node, i) => node.host.counters.dials - before[i]!)) / 60
    t.ok(most <= 2.7, `${upMs}/${downMs} ms: ${most} dials a second`)
    await seeSoon(cluster, { a: 'bc', b: 'ac', c: 'ab' }, 2000)
  }
})

t.test('members that list only a common third one find each other through it', async t => {
  const cluster = new SimCluster([])
  for (const name of 'abcd') cluster.nodes.push(cluster.newNode(name, { members: [B] }))
  await cluster.start()
  await seen(t, cluster, { a: 'bcd', b: 'acd', c: 'abd', d: 'abc' }, 3000)
})

t.test('without multicast a cut between two heals within 2 s, whenever it heals', async t => {
  for (let seed = 1; seed <= 20; seed++) {
    const cluster = await SimCluster.started(['a', 'b'], { seed, members: [A, B] })
    cluster.network.cut(A, B)
    await cluster.clock.advance(20_000 + 190 * seed)
    cluster.network.healAll()
    await seen(t, cluster, { a: 'b', b: 'a' }, 2000)
  }
})

/** Two processes whose dice fall alike, so that they come to the same incarnation; they are the last two. */
async function withTwins(seed: number, members?: readonly string[], isCut = false) {
  const cluster = await SimCluster.started(['a'], { seed, ...(members && { members }) })
  const { clock, network, nodes } = cluster
  if (isCut) network.cut(B, C)
  const changed: string[] = []
  for (const name of ['b', 'c']) {
    const options = members ? { members } : {}
    const twin = new SimNode(name, network.host(addressOf(name)), new SeededRandom(seed), options)
    twin.channel.addMembershipListener({
      memberAdded() {},
      memberDisappeared() {},
      incarnationChanged: (local, previous) => void changed.push(`${previous.id} ${local.id}`),
    })
    nodes.push(twin)
    await clock.completion(twin.channel.start())
    if (seed % 2 === 0 && name === 'b') await clock.advance(seed * 500)
  }
  return { cluster, changed }
}

t.test('two processes with one incarnation both take a new one, tell of it, and are two members', async t => {
  for (let seed = 1; seed <= 20; seed++) {
    const { cluster, changed } = await withTwins(seed, seed % 3 === 0 ? [A, B, C] : undefined)
    const { clock, nodes } = cluster
    const [a, b, c] = nodes
    await clock.runUntil(() => see(cluster, { a: 'bc', b: 'ac', c: 'ab' }), 8000)
    await clock.advance(10_000)
    t.ok(see(cluster, { a: 'bc', b: 'ac', c: 'ab' }), `seed ${seed}`)
    t.equal(new Set(nodes.map(node => node.member.id)).size, 3)
    const former = changed[0]!.slice(0, 32)
    t.strictSame(changed.sort(), [`${former} ${b!.member.id}`, `${former} ${c!.member.id}`].sort(), 'each once')
    const seen = a!.channel.members().map(member => `${member.name} ${member.host} ${member.id}`)
    t.strictSame(seen.sort(), [`b ${B} ${b!.member.id}`, `c ${C} ${c!.member.id}`])
    await clock.completion(Promise.all(nodes.map(node => node.send('one of three', 'synchronized-ack'))))
    t.equal(a!.heard.length, 2)
  }
})

t.test(
  'twins that cannot reach each other learn of it from the others, and whoever noticed first tells the other one',
  async t => {
    for (let seed = 1; seed <= 20; seed++) {
      const { cluster, changed } = await withTwins(seed, seed % 2 === 0 ? [A] : undefined, true)
      const { clock, network, nodes } = cluster
      const [a, b, c] = nodes
      await clock.advance(10_000)
      t.ok(see(cluster, { a: 'bc', b: 'a', c: 'a' }), `seed ${seed}`)
      await clock.completion(Promise.all([b!, c!].map(twin => twin.send(`from ${twin.name}`, 'synchronized-ack'))))
      t.equal(a!.heard.length, 2, 'no word is taken for one of the other twin')
      network.healAll()
      await clock.runUntil(() => see(cluster, { a: 'bc', b: 'ac', c: 'ab' }), 8000)
      await clock.advance(10_000)
      t.equal(changed.length, 2, 'both changed, once')
      t.equal(new Set(nodes.map(node => node.member.id)).size, 3)
    }
  },
)
