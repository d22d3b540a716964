import type { ClientOptions } from '../clients/client-options.js'
import type { NodePlan } from '../cluster/cluster-node.js'
import type { ProcessOptions } from '../cluster/process-options.js'
import type { Circumstances } from '../faults/circumstances.js'
import type { PlannedFault } from '../faults/planned-fault.js'
import type { Physics } from '../physics.js'

/** Everything that a seed decides, as data: drawn first, then run. Whoever edits it (a shrinker, a person) gets another run of the same kind. */
export interface SchedulePlan {
  readonly seed: number
  readonly profile: string
  /** How long everything lasts, ms. */
  readonly durationMs: number
  readonly nodes: readonly NodePlan[]
  readonly process: ProcessOptions
  readonly clients: ClientOptions
  /** What the network is like while faults last; afterwards it is sound. */
  readonly physics: Physics
  readonly splitReads: number
  readonly faults: readonly PlannedFault[]
  /** How the cluster is set up, all the time. */
  readonly circumstances?: Circumstances
}

/** When anything may fail. */
const FAULTS_SHARE = 0.6
/** When clients still come, after that. */
const GENTLE_SHARE = 0.15

/** The moments at which one phase ends and the next begins, ms. */
export function phasesOf({ durationMs }: Pick<SchedulePlan, 'durationMs'>): { healMs: number; quietMs: number } {
  const healMs = durationMs * FAULTS_SHARE
  return { healMs, quietMs: healMs + durationMs * GENTLE_SHARE }
}
