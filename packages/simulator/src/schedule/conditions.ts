import type { SchedulePlan } from './schedule-plan.js'

/** A fault that is there from the beginning and lasts until everything heals. */
export interface Condition {
  readonly fault: string
  readonly what: string
  /** Nothing is excused by it: it is over as soon as it is told of. */
  readonly isHarmless?: boolean
}

const FAR_AHEAD_MS = 3_600_000
/** Beyond this a link is slow, ms. */
const SLOW_MS = 5

/** What is wrong all the time with this plan's clocks and network, by class of the catalogue. */
export function conditionsOf({ nodes, physics, splitReads, circumstances = {} }: SchedulePlan): Condition[] {
  const { datagramLoss, datagramDuplication, datagramReorder, latencyMs } = physics
  const { members, addresses, mtuBytes, maxActiveSessions, differing } = circumstances
  const conditions: (Condition | false | undefined)[] = [
    nodes.some(node => node.skewMs !== 0) && { fault: 'F14', what: `skew ${nodes.map(node => node.skewMs)} ms` },
    nodes.some(node => node.rate !== 1) && { fault: 'F14', what: `drift ${nodes.map(node => node.rate)}` },
    nodes.some(node => node.skewMs > FAR_AHEAD_MS) && { fault: 'F15', what: 'a clock far ahead' },
    datagramLoss > 0 && { fault: 'F20', what: `loss ${datagramLoss}` },
    datagramDuplication > 0 && { fault: 'F21', what: `duplication ${datagramDuplication}` },
    datagramReorder > 0 && { fault: 'F21', what: `reordering ${datagramReorder}` },
    latencyMs.max > SLOW_MS && { fault: 'F22', what: `latency up to ${latencyMs.max} ms` },
    splitReads > 0 && { fault: 'F30', what: `${splitReads} of all reads are split` },
    members && { fault: 'F34', what: `no multicast; listed: ${members.join(' ')}`, isHarmless: true },
    addresses && { fault: 'F36', what: `addresses: ${addresses}`, isHarmless: true },
    mtuBytes !== undefined && { fault: 'F37', what: `datagrams of at most ${mtuBytes} bytes`, isHarmless: true },
    maxActiveSessions !== undefined && {
      fault: 'F10',
      what: `${maxActiveSessions} sessions of its own at most`,
      isHarmless: true,
    },
    differing && { fault: 'F44', what: `other options on ${Object.keys(differing).join(' ')}`, isHarmless: true },
  ]
  return conditions.filter(condition => condition !== false && condition !== undefined)
}
