import type { SessionLock } from '@clowder/ha'
import type { ClusterProcess } from './cluster-process.js'
import { Lineage } from './lineage.js'

interface Grant {
  readonly lock: SessionLock
  readonly process: ClusterProcess
}

/** Of the older locks of a session those matter that may still be held. */
const MOST_GRANTS = 20

/**
 * All locks of one cluster, as somebody sees them who looks into every process: one holder of a session at a time, and each with a greater fence than those before. Where members are cut off from each
 * other both is no promise, so that only schedules without cuts have clients that lock.
 */
export class LockWatch {
  readonly #grants = new Map<string, Grant[]>()
  readonly #lineage = new Lineage()

  /** Hears of each lock that this process is given from now on. */
  watch(process: ClusterProcess): void {
    this.#lineage.watch(process)
    const { locks } = process.manager
    const ask = locks.lock.bind(locks)
    locks.lock = async (id, timeoutMs) => {
      const unheardOf = new Set(this.#before(id).filter(other => this.#areStrangers(other, process)))
      const lock = await ask(id, timeoutMs)
      if (lock) this.#granted({ lock, process }, unheardOf)
      return lock
    }
  }

  #before(id: string): readonly Grant[] {
    return (this.#grants.get(id) ?? []).filter(isAlive)
  }

  #areStrangers(other: Grant, process: ClusterProcess): boolean {
    return this.#lineage.areStrangers(other.process, process)
  }

  /** One whose lease has ended by the time that it comes is none. `unheardOf`: nobody could know of these when it was asked for; that they have met since may be after it was given (2714). */
  #granted(grant: Grant, unheardOf: ReadonlySet<Grant>): void {
    const { lock, process } = grant
    if (!lock.isHeld || !process.isAlive) return
    const before = this.#before(lock.id)
    for (const other of before) {
      if (unheardOf.has(other) || this.#areStrangers(other, process)) continue
      if (other.lock.isHeld)
        process.broken(`session ${lock.id} is locked by ${process.node} while ${other.process.node} has its lock`)
      if (other.lock.fence >= lock.fence)
        process.broken(
          `the lock of session ${lock.id} has the fence ${lock.fence}, and ${other.lock.fence} came before`,
        )
    }
    this.#grants.set(lock.id, [...before.slice(-MOST_GRANTS), grant])
  }
}

/** What a process held that has died is nobody's. */
function isAlive({ process }: Grant): boolean {
  return process.isAlive
}
