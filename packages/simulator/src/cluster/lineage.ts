import type { ClusterProcess } from './cluster-process.js'

/** Who has met whom, of all processes of one cluster. */
export class Lineage {
  /** Ids of all that a process has been a member beside. */
  readonly #met = new Map<ClusterProcess, Set<string>>()

  watch(process: ClusterProcess): void {
    const met = new Set<string>()
    this.#met.set(process, met)
    process.channel.addMembershipListener({ memberAdded: ({ id }) => void met.add(id), memberDisappeared() {} })
  }

  /** Whether nobody whom `process` sees now, nor itself, has ever met `other`, or anybody whom that one has met. */
  areStrangers(other: ClusterProcess, process: ClusterProcess): boolean {
    const known = this.#knownTo(other)
    const seen = new Set(process.channel.members().map(({ id }) => id))
    const here = [...this.#met.keys()].filter(
      each => each === process || (each.channel.hasStarted && seen.has(idOf(each))),
    )
    return here.every(each => [...this.#knownTo(each)].every(id => !known.has(id)))
  }

  #knownTo(process: ClusterProcess): ReadonlySet<string> {
    return new Set([idOf(process), ...(this.#met.get(process) ?? [])])
  }
}

function idOf({ channel }: ClusterProcess): string {
  return channel.localMember().id
}
