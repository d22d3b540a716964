import type { Dice } from './dice.js'
import type { FaultOptions } from './fault-options.js'
import { linksCutBy } from './partition-shapes.js'
import type { BadPhysics, DirectedLink, FaultAction, FaultKind, PartitionShape, PlannedFault } from './planned-fault.js'

const SHAPES: readonly PartitionShape[] = ['isolate', 'halves', 'ring', 'bridge', 'random']
const ERRORS = ['ENOBUFS', 'EPERM', 'ENETUNREACH'] as const
const PROBES = [
  'odd-values',
  'nested-change',
  'large-session',
  'many-attributes',
  'unruly-merge',
  'forged-cookie',
  'merged-removal',
  'own-limit',
] as const
const MOST_SEEDS = 1_000_000
const MINUTE_MS = 60_000
/** Nothing goes wrong before the cluster has come together once, ms. */
const FIRST_MS = 1_000

/** All faults of one schedule, the earliest first: each kind that the seed has comes at random moments until `untilMs`. */
export function drawFaults(
  dice: Dice,
  options: FaultOptions,
  nodes: readonly string[],
  untilMs: number,
): PlannedFault[] {
  const faults: PlannedFault[] = []
  for (const kind of Object.keys(options.kinds) as FaultKind[]) {
    const { perMinute, forMs, share = options.kindShare } = options.kinds[kind]
    if (perMinute === 0 || !dice.chance(share)) continue
    const meanMs = MINUTE_MS / (perMinute * dice.within({ min: 0.3, max: 1.5 }))
    for (let atMs = FIRST_MS + gap(dice, meanMs); atMs < untilMs; atMs += gap(dice, meanMs)) {
      const action = drawAction(kind, dice, options, nodes)
      const lasting = Math.min(options.longerBy * dice.withinMagnitudes(forMs), untilMs - atMs)
      if (action) faults.push({ ...action, atMs: Math.round(atMs), forMs: Math.round(lasting) })
    }
  }
  return faults.sort((a, b) => a.atMs - b.atMs)
}

function gap(dice: Dice, meanMs: number): number {
  return dice.within({ min: 0, max: 2 * meanMs })
}

/** Undefined where the cluster is too small for it. */
function drawAction(
  kind: FaultKind,
  dice: Dice,
  options: FaultOptions,
  nodes: readonly string[],
): FaultAction | undefined {
  const isAlone = nodes.length < 2
  const one = () => [dice.pick(nodes)]
  switch (kind) {
    case 'kill':
      return { kind, nodes: dice.sample(nodes, drawVictims(dice, options, nodes.length)) }
    case 'pause':
      return { kind, nodes: dice.sample(nodes, drawSuspended(dice, options)) }
    case 'power-off':
    case 'stop':
    case 'stall':
    case 'half-open':
    case 'slow-receiver':
    case 'interface-down':
    case 'no-descriptors':
    case 'app-throws':
      return { kind, nodes: one() }
    case 'rolling-restart':
      return { kind, nodes: dice.sample(nodes, nodes.length), eachMs: dice.whole(200, 1500) }
    case 'partition': {
      const shape = dice.pick(SHAPES)
      const links = isAlone ? [] : linksCutBy(shape, nodes, dice)
      return links.length > 0 ? { kind, shape, links } : undefined
    }
    case 'one-way':
    case 'deaf':
      return isAlone ? undefined : { kind, links: drawLinks(dice, nodes) }
    case 'flap':
      return isAlone ? undefined : { kind, links: bothWays(drawLinks(dice, nodes)), periodMs: dice.whole(50, 2000) }
    case 'clog': {
      const links = isAlone ? [] : drawLinks(dice, nodes)
      return isAlone ? undefined : { kind, links, unclog: dice.sample(links, links.length) }
    }
    case 'reset':
      return isAlone
        ? undefined
        : {
            kind,
            links: bothWays(drawLinks(dice, nodes)),
            afterBytes: Math.round(dice.withinMagnitudes({ min: 1, max: 20_000 })),
          }
    case 'send-error':
      return { kind, nodes: one(), code: dice.pick(ERRORS) }
    case 'clone': {
      const [node, of] = dice.sample(nodes, 2)
      return isAlone ? undefined : { kind, nodes: [node!], of: of! }
    }
    case 'clock-jump': {
      const byMs = Math.round(dice.withinMagnitudes({ min: 10, max: options.jumpMsMax }))
      return { kind, nodes: one(), byMs: dice.chance(0.5) ? byMs : -byMs }
    }
    case 'bad-network':
      return { kind, physics: drawPhysics(dice) }
    case 'other-cluster':
      return { kind, seed: dice.whole(1, MOST_SEEDS), knowsUs: dice.chance(0.5) }
    case 'outsider':
      return { kind, nodes: one(), seed: dice.whole(1, MOST_SEEDS) }
    case 'probe':
      return { kind, probe: dice.pick(PROBES), nodes: dice.sample(nodes, 2), seed: dice.whole(1, MOST_SEEDS) }
    case 'port-taken':
      return { kind, nodes: one(), ports: dice.chance(0.3) ? 100 : dice.whole(1, 3) }
    case 'new-address':
      return { kind, ...drawMove(nodes, dice.whole(1, 250), dice.whole(1, 250)) }
  }
}

/** One machine, or two at once, at addresses that nobody had before. */
function drawMove(nodes: readonly string[], net: number, host: number) {
  const moved = nodes.slice(net % 2 === 0 ? -2 : -1)
  return { nodes: moved, addresses: moved.map((_, i) => `10.${i}.${net}.${host}`) }
}

function drawVictims(dice: Dice, { killAllShare, killTwoShare }: FaultOptions, count: number): number {
  if (dice.chance(killAllShare)) return count
  return dice.chance(killTwoShare) ? 2 : 1
}

/** Processes of one machine stand still, and go on, together. */
function drawSuspended(dice: Dice, { pauseTwoShare }: FaultOptions): number {
  return pauseTwoShare > 0 && dice.chance(pauseTwoShare) ? 2 : 1
}

/** All links from or to one node, in one direction; or some links anywhere. */
function drawLinks(dice: Dice, nodes: readonly string[]): DirectedLink[] {
  const [centre, ...others] = dice.sample(nodes, nodes.length)
  const some = dice.sample(others, dice.whole(1, others.length))
  const isOutward = dice.chance(0.5)
  return some.map(other => (isOutward ? [centre!, other] : [other, centre!]))
}

function bothWays(links: readonly DirectedLink[]): DirectedLink[] {
  return links.flatMap(([from, to]): DirectedLink[] => [
    [from, to],
    [to, from],
  ])
}

function drawPhysics(dice: Dice): BadPhysics {
  return {
    ...(dice.chance(0.5) && { datagramLoss: dice.within({ min: 0.01, max: 0.6 }) }),
    ...(dice.chance(0.5) && { datagramDuplication: dice.within({ min: 0.01, max: 0.5 }) }),
    ...(dice.chance(0.5) && { datagramReorder: dice.within({ min: 0.01, max: 0.3 }) }),
    ...(dice.chance(0.5) && { datagramDelayMs: { min: 0, max: dice.withinMagnitudes({ min: 1, max: 500 }) } }),
    ...(dice.chance(0.6) && { streamDelayMs: { min: 0, max: dice.withinMagnitudes({ min: 1, max: 100 }) } }),
    ...(dice.chance(0.3) && { bytesPerMs: dice.withinMagnitudes({ min: 60, max: 2000 }) }),
  }
}
