import t from 'tap'
import { SeededRandom } from '../src/index.js'
import { addressOf, SimCluster } from './support/sim-cluster.js'
import type { SimNode } from './support/sim-node.js'

const NAMES = [...'abcdef']
const SEEDS = 30
const SAFETY_MS = 40_000
/** Invariant I8: live connected nodes agree within 2 s of quiet. */
const AGREE_MS = 2000

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

function calm({ network }: SimCluster): void {
  network.healAll()
  network.change({ datagramLoss: 0 })
  for (const name of NAMES) {
    network.resume(addressOf(name))
    network.host(addressOf(name)).readAgain()
  }
}

function isRight(node: SimNode, nodes: readonly SimNode[]): boolean {
  const others = nodes.filter(other => other !== node).map(other => other.member.id)
  const seen = node.channel.members().map(member => member.id)
  return seen.length === others.length && others.every(id => seen.includes(id))
}

/** Anything may fail; then everything is repaired, and must be right within the bound and stay so. */
async function run(seed: number): Promise<void> {
  const random = new SeededRandom(seed)
  const cluster = await SimCluster.started(NAMES, { seed })
  const { clock, nodes } = cluster
  const endMs = clock.now() + SAFETY_MS
  while (clock.now() < endMs) {
    meddle(cluster, random)
    if (random.chance(0.1)) await killAndRestart(cluster, random)
    for (const node of nodes) if (node.channel.hasMembers()) node.send('x').catch(() => {})
    await clock.advance(random.between(0, 2000))
  }
  calm(cluster)
  const areRight = () => nodes.every(node => isRight(node, nodes))
  await clock.runUntil(areRight, AGREE_MS)
  await clock.advance(10_000)
  if (!areRight()) throw new Error(`changed their minds: ${nodes.map(node => `${node.name} sees ${node.sees()}`)}`)
  await clock.completion(Promise.all(nodes.map(node => node.send('all here', 'synchronized-ack'))))
  await cluster.stop()
}

const TITLE = 'whatever happened, when all faults have ended everybody sees everybody, and messages arrive'

t.test(TITLE, { timeout: 120_000 }, async t => {
  for (let seed = 1; seed <= SEEDS; seed++) await t.resolves(run(seed), `seed ${seed}`)
})
