import type { LoadPlan } from '../load-plan.js'

/** Clients that take turns between `ports`, and whose counters are checked. */
export function trialLoad(ports: readonly number[], clients: number, work: LoadPlan['work'] = 'write'): string {
  const plan: LoadPlan = { ports, clients, isSticky: false, work, isChecked: work !== 'new' }
  return `prepare ${JSON.stringify(plan)}`
}
