import type { SessionCopy } from '../manager/session-copy.js'
import type { SessionWatch, WatchedParts } from '../manager/session-watch.js'
import type { Codec } from '../ports/codec.js'
import type { DeltaSession } from '../session/delta-session.js'
import type { CollectedChanges } from '../session/request-view.js'
import { propertyName } from '../state/entry.js'
import { entryOf, type Joined } from '../state/session-state.js'
import { SessionIndex } from '../users/session-index.js'
import { ENTRY } from './sign-on-properties.js'

const ENTRY_NAME = propertyName(ENTRY)
const MAX_INACTIVE = propertyName('maxInactiveInterval')

export interface AssociatedSessionsComponents {
  readonly codec: Codec
  readonly entry: {
    hasEnded(id: string): boolean
    end(id: string): void
    committing(session: DeltaSession): void
  }
}

/** The sessions of one application that take part in single sign-on: ends those whose entry has ended, and the entry when one of them is logged out. */
export class AssociatedSessions implements SessionWatch {
  readonly #components: AssociatedSessionsComponents
  readonly #parts: WatchedParts
  readonly #index = new SessionIndex()

  constructor(components: AssociatedSessionsComponents, parts: WatchedParts) {
    this.#components = components
    this.#parts = parts
  }

  /** The entry has ended. */
  endAll(entryId: string): void {
    for (const id of [...this.#index.of(entryId).keys()]) this.#parts.manager.expireSession(id, 'async')
  }

  /** The session takes part in another entry from now on. */
  leave(id: string): void {
    this.#index.delete(id)
  }

  /** A login that is refused, as one of a request that may only read, leaves nothing. */
  committing(session: DeltaSession, { values }: CollectedChanges): void {
    if (values.has(ENTRY_NAME) || values.has(MAX_INACTIVE)) this.#components.entry.committing(session)
  }

  joined(copy: SessionCopy, { state, changes }: Joined): void {
    if (state.kind === 'dead') return
    if (changes.length > 0 && !changes.some(({ after }) => after.name === ENTRY_NAME)) return
    const entryId = this.#decoded(entryOf(state, ENTRY_NAME)?.value)
    if (entryId === undefined) return this.#index.delete(copy.id)
    // Who keeps account of users has ended it as it came: all sessions of its user have ended.
    if (isLogout(copy)) return this.#components.entry.end(entryId)
    this.#index.set(copy.id, entryId, 0)
    if (this.#components.entry.hasEnded(entryId)) this.#parts.manager.expireSession(copy.id, 'async')
  }

  dropped(copy: SessionCopy): void {
    const entryId = this.#index.keyOf(copy.id)
    this.#index.delete(copy.id)
    // Be it ended elsewhere: who did that need not have held it, and did not know then what it took part in.
    if (entryId !== undefined && isLogout(copy)) this.#components.entry.end(entryId)
  }

  /** What another node wrote that names no entry is as good as nothing. */
  #decoded(value: Uint8Array | undefined): string | undefined {
    try {
      const decoded = value && this.#components.codec.decode(value)
      return typeof decoded === 'string' ? decoded : undefined
    } catch {
      return undefined
    }
  }
}

/** A change of id is none. Opens no packed copy. */
function isLogout(copy: SessionCopy): boolean {
  const state = copy.kind === 'dead' ? copy.peek() : undefined
  return state?.kind === 'dead' && state.reason === 'invalidated'
}
