import type { ClusterProcess } from './cluster-process.js'
import { type Evidence, holds } from './evidence.js'

/**
 * Sees into every process from the beginning of one request to its answer, and can tell then who holds what the request changed. Where there is no room for certificates, one that has come
 * to a process need not be there any more: who has forgotten none meanwhile, and has not got it, has not heard of that end.
 */
export class Onlooker {
  readonly #processes: () => readonly ClusterProcess[]
  /** How many certificates each had forgotten before their time when the request began. */
  readonly #forgotten: ReadonlyMap<ClusterProcess, number>

  /** `processes`: those that are alive when it is called. */
  constructor(processes: () => readonly ClusterProcess[]) {
    this.#processes = processes
    this.#forgotten = new Map(processes().map(process => [process, forgottenBy(process)]))
  }

  /** Their incarnations. */
  holders(evidence: Evidence): string[] {
    return this.#processes()
      .filter(process => holds(process.manager, evidence, this.#hasForgotten(process)))
      .map(process => process.incarnation)
  }

  #hasForgotten(process: ClusterProcess): boolean {
    return forgottenBy(process) > (this.#forgotten.get(process) ?? 0)
  }
}

function forgottenBy({ manager }: ClusterProcess): number {
  return manager.inspect().forgetting.overCap
}
