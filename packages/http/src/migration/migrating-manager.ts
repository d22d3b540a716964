import { createHash } from 'node:crypto'
import type {
  AcknowledgementLevel,
  Commit,
  DeltaManager,
  DeltaSession,
  FindResult,
  LoadResult,
  Purpose,
  SessionLocks,
  VersionToken,
} from '@clowder/ha'
import type { Logger } from '@clowder/tribes'
import { type CookieOptions, type CookieSettings, resolveCookieOptions } from '../cookie/cookie-options.js'
import { StoredSession } from '../store/stored-session.js'
import { StoredSessions, type StoreManager } from '../store/stored-sessions.js'
import { asTakenIn, cookieFor, formerRecord } from './former-record.js'
import { type ExpressSessionStore, FormerStore } from './former-store.js'
import { MigrationStatistics } from './migration-statistics.js'

export interface MigratingManagerComponents {
  readonly manager: DeltaManager
  readonly store: ExpressSessionStore
  readonly logger: Logger
}

/** The property of a session that the former store has never got. */
const UNWRITTEN_PROPERTY = 'unwritten'
/** A member that takes a session in keeps others from it for no longer, ms. */
const TAKING_MS = 1_000

/** How sessions move from a store of express-session, and back. */
export interface MigrationOptions {
  /**
   * Which of the two is believed. 'old': the former store, for as long as there are instances that know no other. 'new': the cluster, which asks the former store for what it has never
   * had. Both are written to. @default 'new'
   */
  readonly first?: 'old' | 'new' | undefined
  /** Whether answers wait until the former store has their changes. False: once nobody believes it any more. @default true */
  readonly wait?: boolean | undefined
  /** Milliseconds after which the former store is taken to have failed, for this once. @default 1000 */
  readonly timeout?: number | undefined
}

/** How far a migration has come. */
export interface Remaining {
  /** Sessions in the former store. */
  readonly there: number
  /** Those among them that are not on this node. */
  readonly onlyThere: number
}

/**
 * The sessions of a manager beside a store of before, for as long as a site moves from there to here, or back. Every commit goes to both, and an end to both; what is asked for and is not
 * here is read there, and taken in. Whatever becomes of the former store, the cluster answers: its failures are counted, and logged.
 */
export class MigratingManager implements StoreManager {
  readonly statistics = new MigrationStatistics()
  readonly #manager: DeltaManager
  readonly #logger: Logger
  readonly #former: FormerStore
  readonly #sessions: StoredSessions
  readonly #first: 'old' | 'new'
  readonly #wait: boolean
  readonly #cookieDefaults: CookieSettings
  readonly #takingIn = new Map<string, Promise<void>>()

  /** `cookie`: what sessions of our own middleware have, unless they say otherwise. */
  constructor(
    { manager, store, logger }: MigratingManagerComponents,
    { first = 'new', wait = true, timeout = 1000 }: MigrationOptions,
    cookie: CookieOptions,
  ) {
    const { statistics } = this
    this.#manager = manager
    this.#logger = logger
    const hasEnded = (id: string) => this.#hasEnded(id)
    this.#former = new FormerStore({ store, logger, statistics, hasEnded }, { timeoutMs: timeout })
    this.#sessions = new StoredSessions({ manager, logger }, { acknowledge: 'async' })
    this.#first = first
    this.#wait = wait
    this.#cookieDefaults = resolveCookieOptions(cookie)
    // On every member: one of them may have a change on its way to the former store, which would bring the session back there.
    manager.events.on('sessionDestroyed', ({ id }) => this.#former.end(id))
    manager.events.on('sessionIdChanged', ({ oldId }) => this.#former.end(oldId))
    // With `notifySessionListenersOnReplication: false` there are no such events.
    manager.attach(() => ({ joined: ({ id }, { state }) => this.#joined(id, state.kind) }))
  }

  get locks(): SessionLocks {
    return this.#manager.locks
  }

  labelOf(id: string): string | undefined {
    return this.#manager.labelOf(id)
  }

  findSession(id: string, seen?: VersionToken, purpose: Purpose = 'use'): FindResult {
    const found = this.#manager.findSession(id, seen, purpose)
    if (found.kind !== 'here') return found
    if (this.#first === 'old') return { kind: 'behind' }
    if (purpose === 'use') this.#touchThere(found.session)
    return found
  }

  async loadSession(id: string, seen?: VersionToken, purpose: Purpose = 'use'): Promise<LoadResult> {
    const loaded = await (this.#first === 'old'
      ? this.#loadAsThere(id, seen, purpose)
      : this.#loadAsHere(id, seen, purpose))
    if (loaded.kind === 'here' && purpose === 'use') this.#touchThere(loaded.session)
    return loaded
  }

  createSession(id?: string): DeltaSession {
    return this.#manager.createSession(id)
  }

  replaceSession(old: DeltaSession, id?: string): DeltaSession {
    return this.#manager.replaceSession(old, id)
  }

  requestCompleted(session: DeltaSession, acknowledge?: AcknowledgementLevel): Commit {
    const { replaces, copy } = session
    const commit = this.#manager.requestCompleted(session, acknowledge)
    if (!commit.changed) return commit
    if (replaces !== undefined) this.#former.end(replaces)
    if (!session.isValid) this.#former.end(session.id)
    const written = session.isValid ? this.#writeThere(session, copy?.id !== session.id) : undefined
    return this.#held(commit, session.id, written)
  }

  expireSession(id: string, acknowledge?: AcknowledgementLevel): Commit {
    const commit = this.#manager.expireSession(id, acknowledge)
    this.#former.end(id)
    return this.#held(commit, id)
  }

  peekSession(id: string): DeltaSession | undefined {
    return this.#manager.peekSession(id)
  }

  countSessions(): number {
    return this.#manager.countSessions()
  }

  sessionIds(): string[] {
    return this.#manager.sessionIds()
  }

  touchSession(id: string): void {
    this.#manager.touchSession(id)
    const session = this.#manager.peekSession(id)
    if (session) this.#touchThere(session)
  }

  /** Ends what is only there, where all are to be ended. Rejects with FormerStoreError. */
  endOthers(): Promise<void> {
    return this.#former.clear()
  }

  /** Lists the former store. Rejects with FormerStoreError (`HTTP_FORMER_STORE`) when it cannot be listed. */
  async remaining(): Promise<Remaining> {
    const ids = await this.#former.ids()
    return { there: ids.length, onlyThere: ids.filter(id => !this.#manager.peekSession(id)).length }
  }

  /** Plain figures for people and metrics. */
  inspect() {
    return { first: this.#first, ...this.statistics, openEnds: this.#former.openEnds }
  }

  #joined(id: string, kind: 'live' | 'dead'): void {
    if (kind === 'dead' && this.#former.settled(id)) this.#former.end(id)
  }

  async #loadAsHere(id: string, seen: VersionToken | undefined, purpose: Purpose): Promise<LoadResult> {
    const loaded = await this.#loadHere(id, seen, purpose)
    if (loaded.kind === 'here' || this.#hasEnded(id)) return loaded
    const reading = await this.#former.read(id)
    if (reading.kind !== 'found') return loaded
    await this.#takeIn(id, reading.record)
    // What its client has seen of it here is over: this is a session that begins with what is there.
    return this.#loadHere(id, undefined, purpose)
  }

  async #loadAsThere(id: string, seen: VersionToken | undefined, purpose: Purpose): Promise<LoadResult> {
    if (this.#hasEnded(id)) return { kind: 'none' }
    const reading = await this.#former.read(id)
    if (reading.kind === 'found') await this.#takeIn(id, reading.record)
    if (reading.kind !== 'none') return this.#loadHere(id, seen, purpose)
    const loaded = await this.#loadHere(id, undefined, 'look')
    if (loaded.kind === 'here' && !loaded.session.isNew) {
      if (isUnwritten(loaded.session)) return this.#writtenAgain(loaded.session, seen, purpose)
      this.statistics.nrOfGoneThere++
      this.#manager.expireSession(id)
    }
    return { kind: 'none' }
  }

  /** It was never there, so that nobody can have ended it there. */
  async #writtenAgain(session: DeltaSession, seen: VersionToken | undefined, purpose: Purpose): Promise<LoadResult> {
    await this.#writeThere(session, true)
    return this.#loadHere(session.id, seen, purpose)
  }

  /** Others are asked only for what is not here. */
  async #loadHere(id: string, seen: VersionToken | undefined, purpose: Purpose): Promise<LoadResult> {
    const found = this.#manager.findSession(id, seen, purpose)
    if (found.kind === 'here') return { ...found, stale: false }
    return this.#manager.loadSession(id, seen, purpose)
  }

  /** Two requests at a time take it in once. */
  #takeIn(id: string, theirs: object): Promise<void> {
    const taking = this.#takingIn.get(id) ?? this.#takenIn(id, theirs).finally(() => this.#takingIn.delete(id))
    this.#takingIn.set(id, taking)
    return taking
  }

  /**
   * Two members at a time as well: the second finds what the first has made of it. Otherwise what it takes in would be the later write, and undo what a request has already changed at the
   * first.
   */
  async #takenIn(id: string, theirs: object): Promise<void> {
    if (this.#manager.findSession(id, undefined, 'look').kind !== 'unknown')
      return void (await this.#copyIn(id, theirs))
    const lock = await this.#manager.locks.lock(takingLock(id), TAKING_MS)
    try {
      const isHere = lock && (await this.#loadHere(id, lock.seen, 'look')).kind === 'here'
      const copy = isHere && this.#first === 'new' ? undefined : await this.#copyIn(id, theirs)
      if (copy) lock?.wrote(copy)
    } finally {
      lock?.release()
    }
  }

  /** Never rejects. */
  async #copyIn(id: string, theirs: object): Promise<DeltaSession['copy']> {
    try {
      const stored = await this.#sessions.findOrCreate(id, false)
      if (!stored) return undefined
      const isNew = stored.delta.isNew
      const ours = this.#sessions.read(stored)
      const nowMs = Date.now()
      await this.#sessions.write(stored, asTakenIn(theirs, ours, nowMs), nowMs)
      if (isNew && !stored.delta.isNew) {
        this.statistics.lastTakenInAt = nowMs
        this.statistics.nrOfTakenIn++
      }
      return stored.delta.copy
    } catch (err) {
      this.#logger.error({ err }, 'a session of the former store could not be taken in as it is')
      return undefined
    }
  }

  /** `isFirst`: it has never been there. Resolves when it is known on every member whether it is now; never rejects. */
  async #writeThere(session: DeltaSession, isFirst: boolean): Promise<void> {
    const { id } = session
    try {
      const current = this.#manager.peekSession(id) ?? session
      const record = this.#sessions.read(new StoredSession(current))
      const cookie = cookieFor(current, this.#cookieDefaults, Date.now())
      const isWritten = await this.#former.write(id, formerRecord(record, cookie))
      if (isWritten || isFirst) await this.#marked(id, !isWritten)
    } catch (err) {
      this.#logger.error({ err }, 'a session could not be given to the former store, or not noted that it was not')
    }
  }

  /** So that no member takes it for ended because the former store does not have it. */
  async #marked(id: string, unwritten: boolean): Promise<void> {
    const found = this.#manager.findSession(id, undefined, 'look')
    if (found.kind !== 'here' || isUnwritten(found.session) === unwritten) return
    found.session.setProperty(UNWRITTEN_PROPERTY, unwritten ? true : undefined)
    await this.#manager.requestCompleted(found.session).acknowledged
  }

  #touchThere(session: DeltaSession): void {
    const cookie = cookieFor(session, this.#cookieDefaults, Date.now())
    this.#former.touch(session.id, { cookie })
  }

  #held(commit: Commit, id: string, written?: Promise<void>): Commit {
    const settled = this.#wait ? this.#former.settled(id) : undefined
    if (!settled) return commit
    return { ...commit, acknowledged: Promise.all([settled, written]).then(() => commit.acknowledged ?? 'held') }
  }

  #hasEnded(id: string): boolean {
    return this.#manager.findSession(id, undefined, 'look').kind === 'dead'
  }
}

function isUnwritten(session: DeltaSession): boolean {
  return session.getProperty(UNWRITTEN_PROPERTY) === true
}

/** Not that of the session, which the request may have. */
function takingLock(id: string): string {
  return `taking ${createHash('sha256').update(id).digest('base64url')}`
}
