import type { ClusterProcess } from './cluster-process.js'
import { type Evidence, holds } from './evidence.js'

/**
 * Sees into every process from the beginning of one request to its answer, and can tell then who holds what the request changed. Where there is no room for certificates, one that has come
 * to a process need not be there any more: who has forgotten none meanwhile, and has not got it, has not heard of that end.
 */
export class Onlooker {
  readonly #processes: () => readonly ClusterProcess[]
  /** How many certificates each that may had forgotten before their time when the request began. */
  readonly #forgotten = new Map<ClusterProcess, number>()

  /** `processes`: those that are alive when it is called. */
  constructor(processes: () => readonly ClusterProcess[]) {
    this.#processes = processes
    for (const process of processes()) if (hasLittleRoom(process)) this.#forgotten.set(process, forgottenBy(process))
  }

  /** Those that are alive now. */
  processes(): readonly ClusterProcess[] {
    return this.#processes()
  }

  /** Their incarnations. */
  holders(evidence: Evidence): string[] {
    const holders: string[] = []
    for (const process of this.#processes())
      if (holds(process.manager, evidence, this.#hasForgotten(process))) holders.push(process.incarnation)
    return holders
  }

  #hasForgotten(process: ClusterProcess): boolean {
    return hasLittleRoom(process) && forgottenBy(process) > (this.#forgotten.get(process) ?? 0)
  }
}

/** Otherwise there is room for all certificates of a run, and nobody need look. */
function hasLittleRoom({ options }: ClusterProcess): boolean {
  return options.manager.maxDeathCertificates !== undefined
}

function forgottenBy({ manager }: ClusterProcess): number {
  return manager.certificatesOverCap
}
