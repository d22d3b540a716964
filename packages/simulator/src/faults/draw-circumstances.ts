import type { Circumstances, DifferingOptions } from './circumstances.js'
import type { Dice } from './dice.js'
import type { FaultKind, PlannedFault, ProbeKind } from './planned-fault.js'

/** An Ethernet with a tunnel in it leaves so much of 1,280 bytes to a datagram. */
const SMALL_MTU_BYTES = 1_200

/** A page with a few large values is at the limit. */
const SMALL = { maxSessionBytes: 20_000, maxAttributes: 20 }
/** A session is more than one chunk (F45), and has as many attributes as F46 says. */
const LARGE = { maxSessionBytes: 400_000, maxAttributes: 10_000 }
/** Of the plans that try it out. */
const LARGE_SHARE = 0.3

/** How one cluster is set up. `share`: of the plans that have any one of these. */
export function drawCircumstances(
  dice: Dice,
  share: number,
  nodes: readonly string[],
  faults: readonly PlannedFault[],
): Circumstances {
  const have = () => dice.chance(share)
  // A list of members names a port; whoever had to take another one, and lists nobody who is where the list says, would be looked for in vain.
  const isListed = have() && !hasKind(faults, 'port-taken')
  const addresses = have() ? dice.pick(['advertised', 'ipv6'] as const) : undefined
  const hasSmallMtu = have() && !isListed
  const maxActiveSessions = have() ? dice.whole(2, 12) : undefined
  const limits = have() ? SMALL : hasProbe(faults, 'many-attributes') && dice.chance(LARGE_SHARE) ? LARGE : undefined
  const differing = have() && nodes.length > 1 ? drawDiffering(dice, nodes) : undefined
  const mood = share > 0 ? dice.pick(['changing', 'throwing'] as const) : undefined
  return {
    ...(isListed && { members: drawListed(dice, nodes) }),
    ...(addresses && { addresses }),
    ...(hasSmallMtu && { mtuBytes: SMALL_MTU_BYTES }),
    ...(maxActiveSessions !== undefined && { maxActiveSessions }),
    ...(limits && { limits }),
    ...(differing && { differing }),
    ...(mood && { mood }),
  }
}

function hasKind(faults: readonly PlannedFault[], kind: FaultKind): boolean {
  return faults.some(fault => fault.kind === kind)
}

/** Everybody, or a few who are to be found first. */
function drawListed(dice: Dice, nodes: readonly string[]): string[] {
  return dice.chance(0.5) ? [...nodes] : dice.sample(nodes, Math.min(2, nodes.length))
}

function hasProbe(faults: readonly PlannedFault[], probe: ProbeKind): boolean {
  return faults.some(fault => fault.kind === 'probe' && fault.probe === probe)
}

function drawDiffering(dice: Dice, nodes: readonly string[]): NonNullable<Circumstances['differing']> {
  const some = dice.sample(nodes, dice.whole(1, nodes.length - 1))
  return Object.fromEntries(some.map(name => [name, drawOptions(dice)]))
}

function drawOptions(dice: Dice): DifferingOptions {
  return {
    frequency: dice.pick([250, 500, 1_000]),
    pullTimeout: dice.pick([10, 50, 200]),
    acknowledgeTimeout: dice.pick([10, 50, 200]),
    maxSessionBytes: dice.pick([30_000, 262_144, 1_000_000]),
  }
}
