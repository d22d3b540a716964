import type { Logger } from '@clowder/tribes'
import type { EventEmitter } from 'eventemitter3'
import type { Codec } from '../ports/codec.js'
import { type MergeFunction, mergedValue } from '../session/merge-function.js'
import { beginningOf } from '../state/adoption.js'
import type { DeathReason } from '../state/death.js'
import { type Entry, isProperty, plainName } from '../state/entry.js'
import {
  type Conflict,
  type EntryChange,
  entriesOf,
  isWhole,
  type Joined,
  type LiveState,
  type SessionState,
} from '../state/session-state.js'
import { changesSince, type FormerSession } from './announced-changes.js'
import { creationOf } from './known-sessions.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionEvents } from './session-events.js'

export interface AnnouncementsOptions {
  readonly merges?: Readonly<Record<string, MergeFunction>>
  /** False: who listens to attributes hears only of what this node's application did. */
  readonly notifyListenersOnReplication: boolean
  /** The same of those who listen to sessions. */
  readonly notifySessionListenersOnReplication: boolean
}

export interface AnnouncementsComponents {
  readonly codec: Codec
  readonly logger: Logger
  readonly events: EventEmitter<SessionEvents>
  /** Whether this node is one of those that hold the bucket. */
  isOwner(bucket: number): boolean
}

/** What the application is told of sessions: what became of a copy, as events. `local`: this node's application has done it. */
export class Announcements {
  readonly #components: AnnouncementsComponents
  readonly #options: AnnouncementsOptions

  constructor(components: AnnouncementsComponents, options: AnnouncementsOptions) {
    this.#components = components
    this.#options = options
  }

  /** A copy has changed. `former`: it was that session, under another id or in a copy that has been given away since. */
  changed(
    copy: SessionCopy,
    before: SessionState | undefined,
    joined: Joined,
    local: boolean,
    former?: FormerSession,
  ): void {
    this.#conflicts(copy, joined.state, joined.conflicts, local)
    // What passes through here on its way to those that hold it is told there.
    if (!local && !this.#components.isOwner(copy.bucket)) return
    const { id } = copy
    const { state } = joined
    if (state.kind === 'dead') return this.#ended(id, before, state.reason, local)
    // Parts of a session may come before its creation does; and one that was adopted is not created here.
    const known = former?.id === id ? former.state : before
    const isKnown = known !== undefined && creationOf(known) !== undefined
    if (!isKnown && creationOf(state) && this.#tellsOfSessions(local))
      this.#emit('sessionCreated', { id, local, ...(former && former.id !== id && { oldId: former.id }) })
    if (!this.tellsOfAttributes(local)) return
    for (const change of former ? changesSince(former, state) : joined.changes) this.#attribute(id, change, local)
  }

  /** Nothing more of this copy is waited for. */
  forgiven(copy: SessionCopy): void {
    this.#conflicts(copy, copy.state, [], false)
  }

  /** A copy was dropped; `tells`: this node is the one to tell the application. */
  expired(id: string, state: SessionState, tells: boolean): void {
    if (state.kind === 'live' && (tells || (this.#tellsOfSessions(false) && creationOf(state))))
      this.#emit('sessionExpired', { id, local: tells, attributes: () => this.#attributes(state) })
  }

  idChanged(oldId: string, id: string, local: boolean): void {
    if (this.#tellsOfSessions(local)) this.#emit('sessionIdChanged', { oldId, id, local })
  }

  conflict(id: string, { kept, dropped }: Conflict, local: boolean): void {
    if (isProperty(kept.name)) return
    this.#emit('conflict', {
      id,
      name: kept.name,
      local,
      kept: () => this.#decoded(kept),
      dropped: () => this.#decoded(dropped),
    })
  }

  tellsOfAttributes(local: boolean): boolean {
    if (!local && !this.#options.notifyListenersOnReplication) return false
    return this.#components.events.listenerCount('attributeChanged') > 0
  }

  /**
   * Parts of a session may come when it has ended here and been forgotten: nothing is told of it any more. So a conflict between such parts is told when it is
   * known whose they are, or when nobody is left who could say.
   */
  #conflicts(copy: SessionCopy, state: SessionState, conflicts: readonly Conflict[], local: boolean): void {
    const known = copy.odd.untoldConflicts.length > 0 ? [...copy.odd.untoldConflicts, ...conflicts] : conflicts
    if (known.length === 0) return
    const isUnclear = state.kind === 'live' && !isWhole(state) && !beginningOf(state)
    copy.note({ untoldConflicts: isUnclear ? known : [] })
    if (state.kind === 'live' && !isUnclear) for (const conflict of known) this.conflict(copy.id, conflict, local)
  }

  /** Who was never told of its beginning is not told of its end either, unless it is this node's doing. */
  #ended(id: string, before: SessionState | undefined, reason: DeathReason, local: boolean): void {
    if (!this.#tellsOfSessions(local)) return
    if (before?.kind !== 'live' || !(local || creationOf(before))) return
    this.#emit('sessionDestroyed', { id, local, reason, attributes: () => this.#attributes(before) })
  }

  #attribute(id: string, { before, after }: EntryChange, local: boolean): void {
    if (isProperty(after.name)) return
    const value = () => this.#decoded(after)
    const previous = () => before && this.#decoded(before)
    const is = { had: before?.value !== undefined, has: after.value !== undefined }
    // A removal that comes where nothing was.
    if (is.had || is.has)
      this.#emit('attributeChanged', { id, local, name: plainName(after.name), ...is, value, previous })
  }

  /** A listener that throws must keep neither the commit from the other nodes nor the other sessions of a message from this one. */
  #emit<Name extends keyof SessionEvents>(name: Name, event: Parameters<SessionEvents[Name]>[0]): void {
    const events = this.#components.events as unknown as EventEmitter
    try {
      events.emit(name, event)
    } catch (error) {
      this.#components.logger.error({ err: error }, `A listener of ${name} failed.`)
    }
  }

  #tellsOfSessions(local: boolean): boolean {
    return local || this.#options.notifySessionListenersOnReplication
  }

  #attributes(state: LiveState): Record<string, unknown> {
    const { codec } = this.#components
    const names = new Set(state.entries.filter(e => !isProperty(e.name) && e.value !== undefined).map(e => e.name))
    const value = (name: string) => mergedValue(entriesOf(state, name), codec, this.#options.merges?.[plainName(name)])
    return Object.fromEntries([...names].map(name => [plainName(name), value(name)]))
  }

  #decoded(entry: Entry): unknown {
    return entry.value && this.#components.codec.decode(entry.value)
  }
}
