import { MOST_NAMED } from '../wire/lists.js'

const MAX_REMEMBERED = 100_000
/** So many are told to a node that joins: the latest, some 300 KB. */
const MAX_TOLD = 10_000
/** Ids in one EXPIRED. */
const PER_MESSAGE = MOST_NAMED

/**
 * Ids of sessions that expired while somebody was missing, who may be using them: such a session is let in when it comes back, although it was here and is no more.
 * A node that joins is told of them, or it would take for ended what it has never seen. At most a hundred thousand; what is beyond that is refused.
 */
export class UnaskedExpiries {
  readonly #ids = new Set<string>()

  has(id: string): boolean {
    return this.#ids.has(id)
  }

  /** The session has expired here, or where somebody else is, and who cannot be asked may be using it. */
  add(id: string): void {
    if (this.#ids.size < MAX_REMEMBERED) this.#ids.add(id)
  }

  /** It was used, and has ended: now it is as dead as any other. */
  ended(id: string): void {
    this.#ids.delete(id)
  }

  /** Everybody is there: nobody can have used what expired here without this node's knowing. */
  nobodyIsOut(): void {
    this.#ids.clear()
  }

  /** What a node that joins is told, a message each. `expiring`: what is idle already, is given to nobody any more, and will be among these in a moment. */
  *told(expiring: Iterable<string>): Generator<readonly string[]> {
    const ids = [...this.#ids, ...expiring].slice(-MAX_TOLD)
    for (let i = 0; i < ids.length; i += PER_MESSAGE) yield ids.slice(i, i + PER_MESSAGE)
  }
}
