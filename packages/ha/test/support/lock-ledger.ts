import type { SessionLock } from '../../src/index.js'
import type { TestNode } from './delta-cluster.js'

interface Grant {
  readonly lock: SessionLock
  readonly node: TestNode
}

/** What was seen of the locks of some sessions, and what of it must not be. */
export class LockLedger {
  readonly violations: string[] = []
  granted = 0
  lost = 0
  timedOut = 0
  readonly #grants = new Map<string, Grant[]>()
  /** Values that others have acknowledged, by session. */
  readonly #acknowledged = new Map<string, Set<number>>()

  /** One at a time, and each with a greater fence than all before. A lock whose lease has ended by the time that it comes is none. */
  grantedTo(node: TestNode, lock: SessionLock): void {
    if (!lock.isHeld) return
    this.granted++
    this.lookAgain(lock.id, { lock, node })
    const grants = this.#grants.get(lock.id) ?? []
    const greatest = Math.max(0, ...grants.map(grant => grant.lock.fence))
    if (lock.fence <= greatest) this.violations.push(`${lock.id}: fence ${lock.fence} after ${greatest}`)
    // Of the older ones those matter that may still be held.
    this.#grants.set(lock.id, [...grants.filter(isAlive).slice(-20), { lock, node }])
  }

  /** Two at once, also when a lock came to life again. */
  lookAgain(id: string, newest?: Grant): void {
    const held = [...(this.#grants.get(id) ?? []), ...(newest ? [newest] : [])].filter(isAlive)
    const holders = held
      .filter(({ lock }) => lock.isHeld)
      .map(({ node, lock }) => `${node.channel.name}#${lock.number}`)
    if (holders.length > 1) this.violations.push(`${id}: held by ${holders.join(' and ')} at once`)
  }

  lookAtAll(): void {
    for (const id of this.#grants.keys()) this.lookAgain(id)
  }

  /** What a holder reads has all that was acknowledged before, if the holder can be certain. */
  hasRead(id: string, value: number): void {
    const last = Math.max(0, ...(this.#acknowledged.get(id) ?? []))
    if (value < last) this.violations.push(`${id}: ${value} was read after ${last} was acknowledged`)
  }

  /** Two requests that both made the same of what they read: one of them is lost. */
  acknowledged(id: string, value: number): void {
    const values = this.#acknowledged.get(id) ?? new Set()
    if (values.has(value)) this.violations.push(`${id}: ${value} was written twice`)
    this.#acknowledged.set(id, values.add(value))
  }

  /** How many updates of a session must be in it in the end. */
  acknowledgedOf(id: string): number {
    return this.#acknowledged.get(id)?.size ?? 0
  }
}

/** What a process held that was killed is nobody's. */
function isAlive({ node }: Grant): boolean {
  return node.channel.isUp
}
