import type { Clock, Logger } from '@clowder/tribes'
import type { ClusterChannel } from '../cluster-channel.js'
import { BadUserIdError, HaError, TooManyUserSessionsError } from '../errors.js'
import type { DeltaManager } from '../manager/delta-manager.js'
import type { Acknowledged, AcknowledgementLevel, Commit } from '../manager/manager.js'
import type { SessionCopy } from '../manager/session-copy.js'
import { isSessionId } from '../manager/session-id.js'
import type { SessionWatch, WatchedParts } from '../manager/session-watch.js'
import type { Codec } from '../ports/codec.js'
import type { DeltaSession } from '../session/delta-session.js'
import type { CollectedChanges } from '../session/request-view.js'
import type { LoginMoment, Logins } from '../session/session-origin.js'
import { mergedName } from '../state/entry.js'
import { stampTime } from '../state/hybrid-clock.js'
import { entryOf, type Joined } from '../state/session-state.js'
import type { UserSessionRow } from '../wire/user-question-codec.js'
import { type Login, loginValue, USER, USER_NAME, userIdFrom, userInside } from './login.js'
import { LoginIndex } from './login-index.js'
import { type Revocation, Revocations } from './revocations.js'
import { surplus, type WhenOver } from './surplus.js'
import { UserQuestions } from './user-questions.js'

export interface SessionUsersOptions {
  /** The attribute that says whose session it is; absent: `setUser` does. */
  readonly attribute?: string
  /** The user's id in the attribute's value; undefined or null: nobody is logged in. @default the value itself, or its `user` or `id` */
  readonly id?: (value: unknown) => unknown
  /** Sessions of one user at a time; < 0: no limit. @default -1 */
  readonly limit: number
  /** What a login beyond the limit does. @default 'endOldest' */
  readonly whenOver: WhenOver
  /** Seconds for which the end of all sessions of a user is remembered, for nodes that are away meanwhile. */
  readonly retention: number
}

export interface SessionUsersComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly codec: Codec
  readonly channel: ClusterChannel
  /** The manager of what all members share. */
  readonly shared: DeltaManager
}

/** One session of a user. */
export interface UserSession {
  readonly id: string
  readonly createdAt: Date
  readonly lastAccessedAt: Date
  /** When the request began that logged in; of a session that was kept when all others of its user were ended: when that was. */
  readonly loggedInAt: Date
  /** Ends it on every node, for ever. */
  end(): Promise<Acknowledged>
}

/** What came of the end of all sessions of a user. */
export interface EndedSessions {
  /** How many were found. Those that are out of reach end when they come back. */
  readonly ended: number
  readonly acknowledged: Acknowledged
}

/**
 * Whose session is whose: a property of the session, written with the commit that logs in. Each node indexes its own copies by it, from the first question on; before
 * that nothing is looked at. See docs/design/0008-users-and-shared-attributes.md.
 */
export class SessionUsers implements SessionWatch, Logins {
  readonly #components: SessionUsersComponents
  readonly #parts: WatchedParts
  readonly #options: SessionUsersOptions
  readonly #revocations: Revocations
  readonly #questions: UserQuestions
  readonly #index: LoginIndex

  constructor(components: SessionUsersComponents, parts: WatchedParts, options: SessionUsersOptions) {
    this.#components = components
    this.#parts = parts
    this.#options = options
    const revoked = (user: string, revocation: Revocation) => this.#revoked(user, revocation)
    this.#revocations = new Revocations({ ...components, revoked }, options.retention)
    this.#index = new LoginIndex({ ...components, ...parts })
    const rowsOf = (user: string) => this.#index.rowsOf(user)
    this.#questions = new UserQuestions({ ...components, ...parts, rowsOf }, parts.manager.name)
    parts.origin.logins = this
  }

  /** The user's sessions, the oldest login first. Asks the other members where not everybody holds everything; who does not answer in a second is left out. */
  async of(userId: string | number): Promise<readonly UserSession[]> {
    const rows = await this.#allRowsOf(userIdFrom(userId))
    return rows.map(row => this.#summaryOf(row))
  }

  /**
   * Ends all sessions of a user, on every node, for ever, but for the session `but`; also those that nodes out of reach have made, when they come back, and logins that had
   * begun before. What logs in afterwards is not touched.
   */
  async endAll(userId: string | number, but?: string): Promise<EndedSessions> {
    const user = userIdFrom(userId)
    const kept = isSessionId(but) ? but : undefined
    const { hybridClock, placement } = this.#parts
    const isAll = placement.isEverywhere
    const others = isAll ? [] : await this.#allRowsOf(user)
    // Where others hold it, this node may have given its copy away under the request that keeps it.
    if (kept !== undefined && !isAll) await this.#parts.manager.loadSession(kept, undefined, 'look')
    const mine = new Map(this.#index.of(user))
    const began = [this.#revocations.of(user)?.until ?? 0, ...mine.values(), ...others.map(row => row.since)]
    const latest = began.reduce((a, b) => Math.max(a, b), 0)
    const until = hybridClock.next(latest)
    if (kept !== undefined && mine.has(kept)) this.#logInAgain(kept, { user, since: until + 1 })
    const ids = new Set([...mine.keys(), ...others.map(row => row.id)].filter(id => id !== kept))
    const commits = [...ids].map(id => this.#end(id, 'all'))
    commits.push(this.#revocations.revoke(user, { until, but: kept === undefined ? [] : [kept] }, 'all'))
    return { ended: ids.size, acknowledged: await acknowledgedBy(commits) }
  }

  /** For people and metrics. */
  inspect() {
    return { indexed: this.#index.size, revocations: this.#revocations.size }
  }

  // ── as part of sessions: who logs in ──

  now(): LoginMoment {
    const { hybridClock } = this.#parts
    return { stamp: Math.max(hybridClock.last, hybridClock.before(0)) + 1, heard: this.#revocations.heard }
  }

  login(userId: string | number, begun: LoginMoment, session: DeltaSession): unknown {
    const user = userIdFrom(userId)
    if (session.login?.user === user) return session.getProperty(USER_NAME)
    if (this.#isRefused(user, session)) throw new TooManyUserSessionsError(this.#options.limit)
    return loginValue(this.#loginAt(user, begun))
  }

  // ── as a watch: what happens to sessions ──

  committing(session: DeltaSession, changes: CollectedChanges): void {
    const { attribute } = this.#options
    const stored = attribute !== undefined && [attribute, mergedName(attribute)].find(name => changes.values.has(name))
    if (stored) this.#noteAttribute(session, changes, attribute!, stored)
    const login = this.#index.decoded(changes.values.get(USER))
    if (!login) return
    this.#keepExcepted(session, changes, login)
    if (this.#parts.placement.isEverywhere) this.#makeRoom(session, login.user)
  }

  joined(copy: SessionCopy, { state, changes }: Joined, local: boolean): void {
    if (!this.#isAsked || state.kind === 'dead') return
    if (changes.length > 0 ? !changes.some(({ after }) => after.name === USER) : this.#index.has(copy.id)) return
    const login = this.#index.decoded(entryOf(state, USER)?.value)
    this.#index.set(copy.id, login)
    if (!login) return
    if (this.#revocations.covers(copy.id, login)) this.#end(copy.id)
    // At the end of the turn, because a change of id comes as a session more, and then one less.
    else if (this.#options.limit >= 0) this.#components.clock.endOfTurn(() => this.#endSurplus(login.user, local))
  }

  dropped({ id }: SessionCopy): void {
    this.#index.set(id, undefined)
  }

  stop(): void {
    this.#questions.stop()
  }

  /** Somebody has asked, or a limit asks at every login. */
  get #isAsked(): boolean {
    return this.#index.size !== undefined || this.#options.limit >= 0
  }

  /** All others of its user ended while its request went on: it logs in after that, so that it stays excepted under another id as well. */
  #keepExcepted({ id }: DeltaSession, { values }: CollectedChanges, { user, since }: Login): void {
    const revocation = this.#revocations.of(user)
    if (revocation && since <= revocation.until && revocation.but.includes(id))
      values.set(USER, this.#components.codec.encode(loginValue({ user, since: revocation.until + 1 })))
  }

  /** A login that cannot be noted is none: the attribute keeps what it had. */
  #noteAttribute(session: DeltaSession, changes: CollectedChanges, attribute: string, stored: string): void {
    const { limit } = this.#options
    try {
      const user = this.#userIn(session.getAttribute(attribute))
      if (user === session.login?.user) return
      if (user === undefined) return void changes.values.set(USER, undefined)
      if (this.#isRefused(user, session)) throw new TooManyUserSessionsError(limit)
      changes.values.set(USER, this.#components.codec.encode(loginValue(this.#loginAt(user, session.begun))))
    } catch (error) {
      changes.values.delete(stored)
      changes.refused.set(
        stored,
        error instanceof HaError ? error : new BadUserIdError('not to be had', { cause: error }),
      )
    }
  }

  #userIn(value: unknown): string | undefined {
    const { id = userInside } = this.#options
    const found = value === undefined ? undefined : id(value)
    return found === undefined || found === null ? undefined : userIdFrom(found)
  }

  /** Whoever had heard of the end of all sessions before logging in means to be in: whatever the clock was that stamped it. */
  #loginAt(user: string, { stamp, heard }: LoginMoment): Login {
    const revocation = this.#revocations.of(user)
    const isAfter = revocation !== undefined && revocation.heardAt <= heard
    return { user, since: isAfter ? Math.max(stamp, revocation.until + 1) : stamp }
  }

  #isRefused(user: string, session: DeltaSession): boolean {
    const { limit, whenOver } = this.#options
    if (limit < 0 || whenOver !== 'refuse' || !this.#parts.placement.isEverywhere) return false
    return this.#othersOf(user, session).size >= limit
  }

  /** Before the new login is told, so that nobody ever sees one too many and makes room as well. */
  #makeRoom(session: DeltaSession, user: string): void {
    const { limit, whenOver } = this.#options
    if (limit < 1 || whenOver !== 'endOldest') return
    for (const id of surplus(this.#othersOf(user, session), limit - 1, whenOver)) this.#end(id)
  }

  /** The user's sessions besides this one, by whichever id. */
  #othersOf(user: string, { copy, replaces }: DeltaSession): ReadonlyMap<string, number> {
    const others = new Map(this.#index.inTime(user))
    if (copy) others.delete(copy.id)
    if (replaces !== undefined) others.delete(replaces)
    return others
  }

  /** Two nodes may have let in one each. */
  #endSurplus(user: string, local: boolean): void {
    const { limit, whenOver } = this.#options
    if (this.#parts.placement.isEverywhere) {
      for (const id of surplus(this.#index.inTime(user), limit, whenOver)) this.#end(id)
    } else if (local) void this.#endSurplusElsewhere(user)
  }

  async #endSurplusElsewhere(user: string): Promise<void> {
    const { limit, whenOver } = this.#options
    const rows = await this.#allRowsOf(user)
    if (rows.length <= limit) return
    const alive = await this.#alive(rows)
    for (const id of surplus(new Map(alive.map(row => [row.id, row.since])), limit, whenOver)) this.#end(id)
  }

  /** Who has told of one need not hold it, nor have heard that it is over: those that do are asked. */
  async #alive(rows: readonly UserSessionRow[]): Promise<readonly UserSessionRow[]> {
    const { manager } = this.#parts
    const found = await Promise.all(rows.map(({ id }) => manager.loadSession(id, undefined, 'look')))
    return rows.filter((_, i) => found[i]!.kind === 'here')
  }

  #revoked(user: string, { until }: Revocation): void {
    this.#parts.hybridClock.observe(until)
    for (const [id, since] of [...this.#index.of(user)])
      if (this.#revocations.covers(id, { user, since })) this.#end(id)
  }

  /** The session that is kept when the others end logs in anew, so that it stays excepted under another id as well. */
  #logInAgain(id: string, login: Login): void {
    const { manager } = this.#parts
    const session = manager.sharedSession(id)
    session.setProperty(USER_NAME, loginValue(login))
    manager.requestCompleted(session)
  }

  #end(id: string, level: AcknowledgementLevel = 'async'): Commit {
    return this.#parts.manager.expireSession(id, level)
  }

  async #allRowsOf(user: string): Promise<readonly UserSessionRow[]> {
    const own = this.#index.rowsOf(user)
    if (this.#parts.placement.isEverywhere) return sorted(own)
    const { rows, isComplete } = await this.#questions.ask(user)
    if (!isComplete)
      this.#components.logger.warn({}, 'Not all members have said which sessions a user has: the list may lack some.')
    return sorted([...rows, ...own])
  }

  #summaryOf({ id, since, createdAtMs, idleMs }: UserSessionRow): UserSession {
    return {
      id,
      createdAt: new Date(createdAtMs),
      lastAccessedAt: new Date(Math.round(this.#components.clock.wallTime() - idleMs)),
      loggedInAt: new Date(stampTime(since)),
      end: () => acknowledgedBy([this.#end(id, 'all')]),
    }
  }
}

/** Each once, the oldest login first. */
function sorted(rows: readonly UserSessionRow[]): readonly UserSessionRow[] {
  const byId = new Map<string, UserSessionRow>()
  for (const row of rows) {
    const known = byId.get(row.id)
    if (!known || row.idleMs < known.idleMs) byId.set(row.id, row)
  }
  return [...byId.values()].sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))
}

async function acknowledgedBy(commits: readonly Commit[]): Promise<Acknowledged> {
  const outcomes = await Promise.all(commits.map(commit => commit.acknowledged ?? 'held'))
  return outcomes.includes('degraded') ? 'degraded' : 'held'
}
