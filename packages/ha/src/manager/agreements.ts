import type { Hash64 } from '../state/state-hash.js'
import { sameHash } from './digest.js'

/** What was compared: this node's table, and whom it saw. */
export interface Compared {
  readonly root: Hash64
  readonly view: number
}

interface Agreement extends Compared {
  readonly atMs: number
}

/** However little happens, tables are compared so often, ms. */
const AGAIN_AFTER_MS = 10_000

/**
 * Whose table was the same as this node's when the two were last compared. Tables come to differ because one of them has changed, and who has changed compares: so as long
 * as nothing has changed here, there is nothing to ask, and an idle process need not be woken.
 */
export class Agreements {
  readonly #byMember = new Map<string, Agreement>()

  found(memberId: string, { root, view }: Compared, atMs: number): void {
    this.#byMember.set(memberId, { root, view, atMs })
  }

  holds(memberId: string, { root, view }: Compared, nowMs: number): boolean {
    const last = this.#byMember.get(memberId)
    return last !== undefined && nowMs - last.atMs < AGAIN_AFTER_MS && last.view === view && sameHash(last.root, root)
  }

  forget(memberId: string): void {
    this.#byMember.delete(memberId)
  }
}
