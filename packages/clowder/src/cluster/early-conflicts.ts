import type { DeltaManager, SessionEvents } from '@clowder/ha'
import type { Logger } from '@clowder/tribes'

type Conflict = Parameters<SessionEvents['conflict']>[0]

/** Of more than these only the number is told, in the log. */
const MOST_KEPT = 1_000

/**
 * The conflicts before the application has its cluster, and can listen. A node that joins may be where what two others have written meets first: then nobody else
 * tells of it, because everybody else gets to see only what came of it.
 */
export class EarlyConflicts {
  readonly #components: { readonly manager: DeltaManager; readonly logger: Logger }
  readonly #kept: Conflict[] = []
  #lost = 0

  constructor(components: { readonly manager: DeltaManager; readonly logger: Logger }) {
    this.#components = components
    components.manager.events.on('conflict', this.#keep)
  }

  /** Those there were, which are not kept here any more. From now on the manager tells whoever listens. */
  end(): readonly Conflict[] {
    const { logger, manager } = this.#components
    manager.events.off('conflict', this.#keep)
    if (this.#lost > 0)
      logger.warn(
        { conflicts: this.#lost },
        `${this.#lost} conflicts between writes of other members were found while this one joined, of which no listener is told`,
      )
    return this.#kept.splice(0)
  }

  readonly #keep = (conflict: Conflict): void => {
    if (this.#kept.length === MOST_KEPT) {
      this.#lost++
      return
    }
    // Later the bytes may be something else's.
    const [kept, dropped] = [conflict.kept(), conflict.dropped()]
    this.#kept.push({ ...conflict, kept: () => kept, dropped: () => dropped })
  }
}
