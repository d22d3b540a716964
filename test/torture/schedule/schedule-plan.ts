import type { Fault, FaultDeed } from '../faults/fault.js'
import { drawPartition, lossEverywhere, oneWay, resetsBetween } from '../faults/partitions.js'
import { Dice } from './dice.js'

/** Everything that a seed decides about one schedule. */
export interface SchedulePlan {
  readonly seed: number
  readonly faults: readonly Fault[]
  /** How long anything may fail, ms. */
  readonly faultsMs: number
  readonly browsers: number
  /** Share of requests that go to the browser's own node. */
  readonly stickyShare: number
  /** Between two requests of a browser, at most, ms. */
  readonly thinkMs: number
}

/** Faults that are drawn; the weight is how often. Each makes the deed and says for how long. */
interface Drawn {
  readonly fault: string
  readonly what: string
  readonly lastsMs: number
  readonly deed: FaultDeed
}
type Draw = (dice: Dice, names: readonly string[]) => Drawn

const draws: readonly (readonly [number, Draw])[] = [
  [3, drawKill],
  [1, drawKillTwo],
  [1, drawKillAll],
  [2, drawTerminate],
  [1, drawRolling],
  [3, drawPause],
  [1, drawStall],
  [2, drawClock],
  [2, drawHeartbeatLoss],
  [1, drawLoss],
  [2, drawOneWay],
  [4, drawCut],
  [1, drawFlapping],
  [2, drawResets],
  [1, drawSlow],
  [2, drawLinkDown],
  [1, drawMulticastBlocked],
  [2, drawRelay],
]

export function drawPlan(seed: number, names: readonly string[], isLong = false): SchedulePlan {
  const dice = new Dice(seed)
  const faultsMs = dice.between(6_000, 8_000) * (isLong ? 2 : 1)
  const count = dice.between(2, isLong ? 8 : 4)
  const faults = Array.from({ length: count }, () => drawFault(dice, names, faultsMs))
  return {
    seed,
    faultsMs,
    faults: faults.sort((a, b) => a.atMs - b.atMs),
    browsers: dice.between(8, 14),
    stickyShare: dice.pick([0, 0.5, 0.9, 1]),
    thinkMs: dice.pick([40, 80, 160]),
  }
}

function drawFault(dice: Dice, names: readonly string[], faultsMs: number): Fault {
  const drawn = drawWeighted(dice)(dice, names)
  return { ...drawn, atMs: dice.between(200, Math.max(201, faultsMs - 1_500)) }
}

function drawWeighted(dice: Dice): Draw {
  let left = dice.below(draws.reduce((sum, [weight]) => sum + weight, 0))
  return draws.find(([weight]) => (left -= weight) < 0)![1]
}

function drawKill(dice: Dice, names: readonly string[]): Drawn {
  const node = dice.pick(names)
  return {
    fault: 'F01',
    what: `kill -9 ${node}`,
    lastsMs: dice.between(100, 3_000),
    deed: { do: 'kill', nodes: [node] },
  }
}

function drawKillTwo(dice: Dice, names: readonly string[]): Drawn {
  const nodes = dice.shuffled(names).slice(0, 2)
  return { fault: 'F03', what: `kill -9 ${nodes}`, lastsMs: dice.between(100, 2_000), deed: { do: 'kill', nodes } }
}

function drawKillAll(dice: Dice, names: readonly string[]): Drawn {
  return { fault: 'F04', what: 'kill -9 all', lastsMs: dice.between(50, 500), deed: { do: 'kill', nodes: names } }
}

function drawTerminate(dice: Dice, names: readonly string[]): Drawn {
  const node = dice.pick(names)
  const deed = { do: 'terminate', nodes: [node], isAnnounced: dice.chance(0.5) } as const
  return { fault: 'F05', what: `SIGTERM ${node}`, lastsMs: dice.between(100, 2_000), deed }
}

function drawRolling(dice: Dice, names: readonly string[]): Drawn {
  const deed = { do: 'terminate', nodes: dice.shuffled(names), isAnnounced: true } as const
  return { fault: 'F06', what: 'rolling restart', lastsMs: 0, deed }
}

function drawPause(dice: Dice, names: readonly string[]): Drawn {
  const node = dice.pick(names)
  const lastsMs = dice.pick([1_000, 1_000, 2_000, 5_000])
  return { fault: 'F07', what: `SIGSTOP ${node} for ${lastsMs} ms`, lastsMs, deed: { do: 'pause', node } }
}

function drawStall(dice: Dice, names: readonly string[]): Drawn {
  const node = dice.pick(names)
  const ms = dice.pick([500, 2_000])
  return { fault: 'F09', what: `${node} stalls for ${ms} ms`, lastsMs: ms, deed: { do: 'stall', node, ms } }
}

function drawClock(dice: Dice, names: readonly string[]): Drawn {
  const node = dice.pick(names)
  const shiftMs = dice.pick([-3_600_000, -5_000, 5_000, 3_600_000])
  const lastsMs = dice.between(1_500, 4_000)
  return { fault: 'F14', what: `${node}'s clock jumps by ${shiftMs} ms`, lastsMs, deed: { do: 'clock', node, shiftMs } }
}

function drawHeartbeatLoss(dice: Dice, names: readonly string[]): Drawn {
  const percent = dice.pick([10, 30, 60])
  const rules = lossEverywhere(names, percent, 'udp')
  const lastsMs = dice.between(2_000, 6_000)
  return { fault: 'F20', what: `${percent} % of heartbeats lost`, lastsMs, deed: { do: 'filter', rules } }
}

function drawLoss(dice: Dice, names: readonly string[]): Drawn {
  const rules = lossEverywhere(names, 30)
  return {
    fault: 'F20',
    what: '30 % of all packets lost',
    lastsMs: dice.between(500, 3_000),
    deed: { do: 'filter', rules },
  }
}

function drawOneWay(dice: Dice, names: readonly string[]): Drawn {
  const [from, to] = dice.shuffled(names) as [string, string]
  const isAll = dice.chance(0.4)
  const rules = isAll ? names.filter(n => n !== from).flatMap(n => oneWay(from, n)) : oneWay(from, to)
  const what = `nothing of ${from} arrives at ${isAll ? 'anybody' : to}`
  return { fault: 'F23', what, lastsMs: dice.between(500, 6_000), deed: { do: 'filter', rules } }
}

function drawCut(dice: Dice, names: readonly string[]): Drawn {
  const { what, rules } = drawPartition(dice, names)
  return { fault: 'F24', what: `partition: ${what}`, lastsMs: dice.between(300, 6_000), deed: { do: 'filter', rules } }
}

function drawFlapping(dice: Dice, names: readonly string[]): Drawn {
  const { what, rules } = drawPartition(dice, names)
  const flapMs = dice.between(150, 600)
  const lastsMs = dice.between(2_000, 5_000)
  return { fault: 'F26', what: `flapping: ${what}`, lastsMs, deed: { do: 'filter', rules, flapMs } }
}

function drawResets(dice: Dice, names: readonly string[]): Drawn {
  const [a, b] = dice.shuffled(names) as [string, string]
  const lastsMs = dice.between(50, 800)
  return {
    fault: 'F29',
    what: `resets between ${a} and ${b}`,
    lastsMs,
    deed: { do: 'filter', rules: resetsBetween(a, b) },
  }
}

function drawSlow(dice: Dice, names: readonly string[]): Drawn {
  const node = dice.pick(names)
  return { fault: 'F22', what: `1 Mbit/s at ${node}`, lastsMs: dice.between(1_000, 4_000), deed: { do: 'slow', node } }
}

function drawLinkDown(dice: Dice, names: readonly string[]): Drawn {
  const node = dice.pick(names)
  const lastsMs = dice.between(200, 5_000)
  return { fault: 'F33', what: `link of ${node} down`, lastsMs, deed: { do: 'link-down', node } }
}

function drawMulticastBlocked(dice: Dice, names: readonly string[]): Drawn {
  const rules = lossEverywhere(names, 100, 'udp')
  return { fault: 'F34', what: 'no multicast', lastsMs: dice.between(1_000, 6_000), deed: { do: 'filter', rules } }
}

function drawRelay(dice: Dice, names: readonly string[]): Drawn {
  const node = dice.pick(names)
  const delayMaxMs = dice.pick([5, 50, 150])
  const weather = {
    delayMinMs: 0,
    delayMaxMs,
    lossPercent: dice.pick([0, 5]),
    duplicatePercent: dice.pick([0, 20, 50]),
  }
  const what = `${node} behind 0–${delayMaxMs} ms, ${weather.lossPercent} % loss, ${weather.duplicatePercent} % twice`
  return { fault: 'F21', what, lastsMs: dice.between(1_000, 5_000), deed: { do: 'relay', node, weather } }
}
