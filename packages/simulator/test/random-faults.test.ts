import t from 'tap'
import { SeededRandom } from '../src/index.js'
import { addressOf, SimCluster } from './support/sim-cluster.js'
import type { SimNode } from './support/sim-node.js'

const NAMES = [...'abcdef']
const SEEDS = 40
const SAFETY_MS = 40_000
/** What invariant I8 demands. */
const AGREE_MS = { multicast: 2000, lists: 2000 }

/** One random fault, or one repair. */
function meddle(cluster: SimCluster, random: SeededRandom): void {
  const { network } = cluster
  const [a, b] = [pick(NAMES, random), pick(NAMES, random)].map(addressOf) as [string, string]
  const act = pick(
    [
      () => network.cut(a, b),
      () => network.cutOneWay(a, b),
      () => network.cutDatagrams(a, b),
      () => network.heal(a, b),
      () => network.heal(a, b),
      () => network.isolate(a),
      () => network.pause(a),
      () => network.resume(a),
      () => network.resume(b),
      () => network.healAll(),
      () => network.change({ datagramLoss: random.between(0, 0.5) }),
      () => network.change({ datagramDuplication: 0.5, datagramReorder: 0.2 }),
      () => network.changeLink(a, b, { datagramDelayMs: { min: 0, max: 500 } }),
      () => network.changeLink(a, b, { streamDelayMs: { min: 0, max: 100 }, bytesPerMs: 125 }),
      () => network.clog(a, b),
      () => network.unclog(a, b),
      () => network.resetStreams(a, b),
      () => network.resetAfterBytes(a, b, random.below(500)),
      () => network.silence(a, b),
      () => network.stall(a, random.between(100, 10_000)),
      () => network.driftClock(a, random.between(0.99, 1.01)),
      () => network.jumpClock(a, random.between(-3_600_000, 3_600_000)),
      () => network.host(a).stopReading(),
      () => network.host(a).readAgain(),
    ],
    random,
  )
  if (a !== b) act()
}

function pick<T>(from: readonly T[], random: SeededRandom): T {
  return from[random.below(from.length)]!
}

async function killAndRestart(cluster: SimCluster, random: SeededRandom): Promise<void> {
  const at = random.below(NAMES.length)
  const name = NAMES[at]!
  if (random.chance(0.5)) cluster.network.kill(addressOf(name))
  else cluster.network.switchOff(addressOf(name))
  await cluster.clock.advance(random.between(0, 5000))
  const restarted = cluster.newNode(name)
  cluster.nodes[at] = restarted
  await cluster.clock.completion(restarted.channel.start())
}

function isRight(node: SimNode, nodes: readonly SimNode[]): boolean {
  const others = nodes.filter(other => other !== node).map(other => other.member.id)
  const seen = node.channel.members().map(member => member.id)
  return seen.length === others.length && others.every(id => seen.includes(id))
}

/** Anything may fail; then everything is repaired, and must be right within the bound and stay so. */
async function run(seed: number, discovery: keyof typeof AGREE_MS): Promise<void> {
  const random = new SeededRandom(seed)
  const lists = discovery === 'lists' ? { members: NAMES.map(addressOf) } : {}
  const cluster = await SimCluster.started(NAMES, { seed, ...lists })
  const { clock, nodes } = cluster
  const endMs = clock.now() + SAFETY_MS
  while (clock.now() < endMs) {
    meddle(cluster, random)
    if (random.chance(0.1)) await killAndRestart(cluster, random)
    for (const node of nodes) if (node.channel.hasMembers()) node.send('x').catch(() => {})
    await clock.advance(random.between(0, 2000))
  }
  cluster.network.healEverything()
  const areRight = () => nodes.every(node => isRight(node, nodes))
  await clock.runUntil(areRight, AGREE_MS[discovery])
  await clock.advance(10_000)
  if (!areRight()) throw new Error(`changed their minds: ${nodes.map(node => `${node.name} sees ${node.sees()}`)}`)
  await clock.completion(Promise.all(nodes.map(node => node.send('all here', 'synchronized-ack'))))
  await cluster.stop()
}

const TITLE = 'whatever happened, when all faults have ended everybody sees everybody, and messages arrive'

for (const discovery of ['multicast', 'lists'] as const) {
  t.test(`${discovery}: ${TITLE}`, { timeout: 120_000 }, async t => {
    for (let seed = 1; seed <= SEEDS; seed++) await t.resolves(run(seed, discovery), `seed ${seed}`)
  })
}
