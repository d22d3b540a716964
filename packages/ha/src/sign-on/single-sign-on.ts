import type { Clock } from '@clowder/tribes'
import { SessionInvalidatedError } from '../errors.js'
import type { DeltaManager } from '../manager/delta-manager.js'
import type { Acknowledged, Commit } from '../manager/manager.js'
import { Moments } from '../manager/moments.js'
import type { WatchedParts } from '../manager/session-watch.js'
import type { Codec } from '../ports/codec.js'
import type { DeltaSession } from '../session/delta-session.js'
import { AssociatedSessions } from './associated-sessions.js'
import { AUTH_TYPE, ENTRY, PRINCIPAL } from './sign-on-properties.js'

/** Who is logged in, and how: by the application's own words. */
export interface SignedOn {
  readonly principal: unknown
  readonly authType: string | undefined
}

/** Its client shows an entry that has expired for as long as its browser is open. What was out of reach comes by itself when it is back. */
const ASKED_AGAIN_AFTER_MS = 10_000

export interface SingleSignOnComponents {
  readonly clock: Pick<Clock, 'now'>
  readonly codec: Codec
  /** The manager of the entries: nothing else is in it. */
  readonly entries: DeltaManager
}

/**
 * One login for several applications of a cluster (Tomcat's ClusterSingleSignOn). An entry is a session of its own, with principal and auth type; a session that has taken part in it
 * names it in a property, written with the commit that takes part. The end of one by a logout is the end of the entry, and the end of the entry is the end of them all, on every node and for ever. A session that
 * expires only leaves it; an entry that nobody uses expires with the last of them.
 */
export class SingleSignOn {
  readonly #components: SingleSignOnComponents
  readonly #applications: AssociatedSessions[] = []
  readonly #entries: WatchedParts
  /** Of sessions whose next commit logs in: the entries that they leave by it. */
  readonly #former = new WeakMap<DeltaSession, readonly string[]>()
  /** Entries that nobody had when they were asked for. */
  readonly #absentAtMs = new Moments()

  constructor(components: SingleSignOnComponents) {
    this.#components = components
    let parts: WatchedParts | undefined
    components.entries.attach(watched => {
      parts = watched
      return {
        joined: (copy, { state }) => {
          if (state.kind === 'dead') for (const application of this.#applications) application.endAll(copy.id)
        },
      }
    })
    this.#entries = parts!
  }

  /** The sessions of this manager take part. Before its start. */
  include(manager: DeltaManager): void {
    const entry = {
      hasEnded: (id: string) => this.#entries.table.get(id)?.kind === 'dead',
      end: (id: string) => void this.#end(id),
      committing: (session: DeltaSession) => this.#committing(session),
    }
    this.#applications.push(manager.attach(parts => new AssociatedSessions({ ...this.#components, entry }, parts)))
  }

  /** A login in the request of this session. Returns the entry's id, for the client's cookie. Throws UnserializableValueError and SessionInvalidatedError; the session is to be committed by its request, under another id. */
  logIn(session: DeltaSession, { principal: given, authType }: SignedOn): string {
    const { codec, entries } = this.#components
    if (!session.isValid) throw new SessionInvalidatedError('log in')
    // The application goes on with its own.
    const principal = codec.decode(codec.encode(given))
    const former = entryIn(session)
    const entry = entries.createSession()
    entry.setAttribute(PRINCIPAL, principal)
    entry.setAttribute(AUTH_TYPE, authType)
    entry.maxInactiveInterval = session.maxInactiveInterval
    const { refused } = entries.requestCompleted(entry)
    if (refused[0]) this.#end(entry.id)
    if (refused[0]) throw refused[0]
    take(session, entry.id, { principal, authType })
    // Another user, or the same once more: the others of the former one have not logged in now.
    const others = this.#former.get(session) ?? []
    this.#former.set(session, former === undefined ? others : [...others, former])
    return entry.id
  }

  /** Asks the others for an entry that has not been heard of here: its client may have logged in elsewhere a moment ago. Undefined: it is here, has ended, or nobody had it in the last ten seconds. */
  fetch(entryId: string): Promise<void> | undefined {
    if (this.#entries.table.get(entryId)) return undefined
    const absentAtMs = this.#absentAtMs.get(entryId) ?? Number.NEGATIVE_INFINITY
    return this.#components.clock.now() - absentAtMs < ASKED_AGAIN_AFTER_MS ? undefined : this.#askFor(entryId)
  }

  /** A session that its client shows together with this entry is in use. */
  used(entryId: string): void {
    if (this.#entries.table.get(entryId)?.kind === 'live') this.#components.entries.touchSession(entryId)
  }

  /** The client shows this entry: a session in which nobody is logged in takes part in it. Counts as a use of the entry. Returns whether it lives. */
  takePart(session: DeltaSession, entryId: string): boolean {
    const { entries } = this.#components
    const found = entries.findSession(entryId)
    if (found.kind !== 'here') return false
    if (entryIn(session) !== undefined || session.getProperty(PRINCIPAL) !== undefined) return true
    const entry = found.session
    take(session, entryId, {
      principal: entry.getAttribute(PRINCIPAL),
      authType: textIn(entry.getAttribute(AUTH_TYPE)),
    })
    return true
  }

  /** The entry that the session takes part in. */
  entryOf(session: DeltaSession): string | undefined {
    return entryIn(session)
  }

  /** Ends the entry and all sessions that take part in it, in all applications. Resolves when all members within reach know, or are late. */
  async logOut(entryId: string): Promise<Acknowledged> {
    return (await this.#end(entryId)?.acknowledged) ?? 'held'
  }

  async #askFor(entryId: string): Promise<void> {
    const { clock, entries } = this.#components
    const { kind } = await entries.loadSession(entryId)
    if (kind === 'none') this.#absentAtMs.set(entryId, clock.now())
  }

  /** Not before the session has left the former ones: others would end it for taking part. Its id changes with this commit, so that what they end is over already. */
  #committing(session: DeltaSession): void {
    const former = this.#former.get(session)
    this.#former.delete(session)
    this.#keepAlive(session, former !== undefined)
    for (const entryId of former ?? []) this.#end(entryId, session.copy?.id)
  }

  /** The entry lives idle for as long as that of its sessions which does so for longest. How long one is to be is known when it is committed: a new one gets its cookie's time only then. */
  #keepAlive(session: DeltaSession, isLogin: boolean): void {
    const { entries } = this.#components
    const entryId = entryIn(session)
    const found = entryId === undefined ? undefined : entries.findSession(entryId)
    if (found?.kind !== 'here') return
    const { maxInactiveInterval } = session
    if (!isLogin && !isLonger(maxInactiveInterval, found.session.maxInactiveInterval)) return
    found.session.maxInactiveInterval = maxInactiveInterval
    entries.requestCompleted(found.session)
  }

  /** `but`: a session that goes on otherwise. */
  #end(entryId: string, but?: string): Commit | undefined {
    if (this.#entries.table.get(entryId)?.kind === 'dead') return undefined
    if (but !== undefined) for (const application of this.#applications) application.leave(but)
    return this.#components.entries.expireSession(entryId, 'all')
  }
}

function take(session: DeltaSession, entryId: string, { principal, authType }: SignedOn): void {
  session.setProperty(PRINCIPAL, principal)
  session.setProperty(AUTH_TYPE, authType)
  session.setProperty(ENTRY, entryId)
}

function entryIn(session: DeltaSession): string | undefined {
  return textIn(session.getProperty(ENTRY))
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Of two idle limits in seconds; ≤ 0: for ever. */
function isLonger(a: number, b: number): boolean {
  return b > 0 && (a <= 0 || a > b)
}
