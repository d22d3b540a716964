import type { PlannedFault } from '../faults/planned-fault.js'
import type { SchedulePlan } from './schedule-plan.js'

/** Whether the plan still shows what is looked for. */
export type StillFails = (plan: SchedulePlan) => Promise<boolean>

/**
 * The smallest plan that still fails, found by leaving things out for as long as that works: first faults, half of them at a time, then one by one; then
 * clients, nodes' oddities, network troubles, time. Each attempt is a whole run; after `maxAttempts` the smallest so far is answered.
 */
export async function shrunk(plan: SchedulePlan, stillFails: StillFails, maxAttempts = 400): Promise<SchedulePlan> {
  let smallest = plan
  let attempts = 0
  const attempt = async (candidate: SchedulePlan): Promise<boolean> => {
    if (JSON.stringify(candidate) === JSON.stringify(smallest)) return false
    if (attempts++ >= maxAttempts || !(await stillFails(candidate))) return false
    smallest = candidate
    return true
  }
  for (let before = ''; before !== JSON.stringify(smallest); ) {
    before = JSON.stringify(smallest)
    await withFewerFaults(() => smallest, attempt)
    for (const simpler of SIMPLER) await attempt(simpler(smallest))
    while (smallest.clients.count > 1 && (await attempt(withClients(smallest, smallest.clients.count - 1))));
    if (attempts >= maxAttempts) break
  }
  return smallest
}

/** Chunks of faults are left out, each half as long as the one before. */
async function withFewerFaults(
  current: () => SchedulePlan,
  attempt: (plan: SchedulePlan) => Promise<boolean>,
): Promise<void> {
  for (let size = Math.ceil(current().faults.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < current().faults.length; ) {
      const left = current().faults.filter((_, i) => i < at || i >= at + size)
      if (!(await attempt({ ...current(), faults: left }))) at += size
    }
  }
}

/** In less, nothing converges. */
const SHORTEST_MS = 15_000

const SIMPLER: readonly ((plan: SchedulePlan) => SchedulePlan)[] = [
  plan => withClients(plan, Math.ceil(plan.clients.count / 2)),
  plan => ({ ...plan, nodes: plan.nodes.map(node => ({ ...node, skewMs: 0, rate: 1 })) }),
  plan => withoutLast(plan),
  plan => ({ ...plan, splitReads: 0 }),
  plan => ({ ...plan, circumstances: {} }),
  plan => ({ ...plan, physics: { ...plan.physics, datagramLoss: 0, datagramDuplication: 0, datagramReorder: 0 } }),
  plan => ({ ...plan, clients: { ...plan.clients, burstShare: 0, maxParallel: 1 } }),
  plan => ({ ...plan, clients: { ...plan.clients, shareCookie: 0, ghostShare: 0, retryShare: 0 } }),
  plan => ({ ...plan, clients: { ...plan.clients, longShare: 0 } }),
  plan => ({ ...plan, durationMs: Math.max(SHORTEST_MS, Math.round(plan.durationMs * 0.7)) }),
]

function withClients(plan: SchedulePlan, count: number): SchedulePlan {
  return { ...plan, clients: { ...plan.clients, count } }
}

/** One node less, and what concerned it. */
function withoutLast(plan: SchedulePlan): SchedulePlan {
  const nodes = plan.nodes.length > 2 ? plan.nodes.slice(0, -1) : plan.nodes
  const names = new Set(nodes.map(node => node.name))
  return { ...plan, nodes, faults: plan.faults.flatMap(fault => among(fault, names)) }
}

function among(fault: PlannedFault, names: ReadonlySet<string>): PlannedFault[] {
  if ('nodes' in fault) {
    const nodes = fault.nodes.filter(name => names.has(name))
    return nodes.length > 0 ? [{ ...fault, nodes }] : []
  }
  if (!('links' in fault)) return [fault]
  const isLeft = ([from, to]: readonly [string, string]) => names.has(from) && names.has(to)
  const links = fault.links.filter(isLeft)
  if (links.length === 0) return []
  return [fault.kind === 'clog' ? { ...fault, links, unclog: fault.unclog.filter(isLeft) } : { ...fault, links }]
}
