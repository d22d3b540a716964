import { AsyncLocalStorage } from 'node:async_hooks'
import { EventEmitter } from 'node:events'
import type { AcknowledgementLevel } from '@clowder/ha'
import { BadStoreOptionError } from '../errors.js'
import { answer, failureOf, type Soon, type StoreCallback, soonAfter } from './soon.js'
import { type SessionRequest, StoreSession } from './store-session.js'
import { cookieOf, type SessionRecord, type StoredSession } from './stored-session.js'
import { StoredSessions, type StoredSessionsComponents } from './stored-sessions.js'

/** How a store commits. */
export interface SessionStoreOptions {
  /**
   * How much must hold a change before it is answered. 'async': nobody else, and the answer comes in the same turn; 'backup': one other member; 'all': every member, so that the next
   * request may go to any of them. @default the cluster's `manager.acknowledge`
   */
  readonly acknowledge?: AcknowledgementLevel | undefined
}

const LEVELS: readonly unknown[] = ['async', 'backup', 'all', undefined]

/** Each framework has types of its own here, which an application adds its attributes to. */
// biome-ignore lint/suspicious/noExplicitAny: nothing less is assignable to all of them
type ApplicationSession = any

/** Where a request of a framework that copies sessions keeps what it was shown, by id: the last few, for what goes on from callback to callback need never end. */
type Shown = Map<string, StoredSession>
const MAX_SHOWN = 8
type Generate = (req: SessionRequest) => void

/**
 * The sessions of a cluster as a store for express-session, and for whatever takes such a store (@fastify/session, connect, restify). Every method takes a callback, or returns a promise
 * when it is given none.
 *
 * A store is given whole sessions. This one remembers what each reader was shown, and commits only what that reader changed; so two requests at a time that write to different
 * attributes both keep what they wrote. The reader is known by its object: the one that `get` gave, or the one that `createSession` made of it. Of a framework that copies it into an
 * object of a class of its own, the reader is whoever goes on from the callback of `get`. A plain object that did not come from here replaces the session, as in any store.
 *
 * One for each middleware: express-session assigns `generate`. It emits `disconnect` when it is made before the cluster has started, and `connect` when that has; meanwhile
 * express-session answers without sessions, and whatever is asked of it here waits.
 */
export class SessionStore extends EventEmitter {
  readonly #sessions: Soon<StoredSessions>
  readonly #shown = new WeakMap<object, StoredSession>()
  /** Made by express-session in this process, under an id that nobody else can have. */
  readonly #generated = new WeakSet<object>()
  readonly #request = new AsyncLocalStorage<Shown>()
  #generate: Generate | undefined

  /** `components` are a promise while the cluster is starting. Throws BadStoreOptionError. */
  constructor(components: Soon<StoredSessionsComponents>, options: SessionStoreOptions = {}) {
    super()
    assertOptions(options)
    const { acknowledge } = options
    this.#sessions = soonAfter(components, ready => new StoredSessions(ready, { acknowledge }))
    if (this.#sessions instanceof Promise) void this.#announce(this.#sessions)
  }

  /** The session, or undefined when there is none of this id. Each call gives an object of its own. Asks the other nodes when this one does not have it. */
  get(id: string): Promise<SessionRecord | undefined>
  get(id: string, callback: StoreCallback<ApplicationSession>): void
  get(id: string, callback?: StoreCallback<SessionRecord | undefined>): Promise<SessionRecord | undefined> | undefined {
    const shown: Shown = new Map(callback && this.#request.getStore())
    return answer(() => this.#get(id, shown), callback && this.#inContext(shown, callback))
  }

  /** Stores what `session` says and its reader had not been shown. What has been destroyed stays so, and that is no error. */
  set(id: string, session: object): Promise<void>
  set(id: string, session: object, callback?: StoreCallback<void>): void
  set(id: string, session: object, callback?: StoreCallback<void>): Promise<void> | undefined {
    return answer(() => this.#withSessions(sessions => this.#set(sessions, id, session)), callback)
  }

  /** The session is in use, and its cookie may have been renewed; its attributes stay what they are. Of a session that does not exist: nothing. */
  touch(id: string, session: object): Promise<void>
  touch(id: string, session: object, callback?: StoreCallback<void>): void
  touch(id: string, session: object, callback?: StoreCallback<void>): Promise<void> | undefined {
    return answer(() => this.#withSessions(sessions => this.#touch(sessions, id, session)), callback)
  }

  /** Final on every node: whatever is written to this id from now on is not kept. */
  destroy(id: string): Promise<void>
  destroy(id: string, callback?: StoreCallback<void>): void
  destroy(id: string, callback?: StoreCallback<void>): Promise<void> | undefined {
    return answer(() => this.#withSessions(sessions => (isId(id) ? sessions.end(id) : undefined)), callback)
  }

  /** By id, those that this node holds: all, unless `manager.copies` says otherwise. Expired ones are not among them. */
  all(): Promise<Record<string, SessionRecord>>
  all(callback: StoreCallback<Record<string, ApplicationSession>>): void
  all(callback?: StoreCallback<Record<string, SessionRecord>>) {
    return answer(() => this.#withSessions(sessions => this.#all(sessions)), callback)
  }

  /** How many `all` would give; cheaper. */
  length(): Promise<number>
  length(callback: StoreCallback<number>): void
  length(callback?: StoreCallback<number>): Promise<number> | undefined {
    return answer(() => this.#withSessions(sessions => sessions.count()), callback)
  }

  /** Destroys all. */
  clear(): Promise<void>
  clear(callback?: StoreCallback<void>): void
  clear(callback?: StoreCallback<void>): Promise<void> | undefined {
    return answer(() => this.#withSessions(sessions => sessions.endAll()), callback)
  }

  // What follows is for express-session.

  /** Ends the request's session and gives it a new one. */
  regenerate(req: SessionRequest, callback: (error?: unknown) => void = () => {}): void {
    this.destroy(req.sessionID!, error => {
      const failure = failureOf(() => this.generate?.(req))
      callback(error ?? failure)
    })
  }

  /** The session of this id as an object with the verbs of `req.session`, outside of a request. */
  load(id: string, callback: StoreCallback<ApplicationSession>): void {
    this.get(id, (error, data) => {
      if (error || !data) return callback(error)
      const req: SessionRequest = { sessionID: id, sessionStore: this }
      const failure = failureOf(() => this.createSession(req, data))
      callback(failure ?? null, req.session)
    })
  }

  createSession(req: SessionRequest, data: ApplicationSession): ApplicationSession {
    const session = new StoreSession(req, data)
    const shown = this.#shown.get(data)
    if (shown) {
      shown.showsOnly(session)
      this.#shown.set(session, shown)
    }
    req.session = session
    return session
  }

  /** Assigned by express-session: gives a request a new session. */
  get generate(): Generate | undefined {
    return this.#generate
  }

  set generate(generate: Generate | undefined) {
    this.#generate = generate && (req => this.#noteGenerated(req, generate))
  }

  #noteGenerated(req: SessionRequest, generate: Generate): void {
    generate(req)
    if (typeof req.session === 'object' && req.session !== null) this.#generated.add(req.session)
  }

  async #announce(starting: Promise<unknown>): Promise<void> {
    // Not before whoever is given this store can listen.
    await undefined
    this.emit('disconnect')
    const failure = await starting.then(
      () => undefined,
      error => ({ error }),
    )
    // An error that nobody listens to ends the process, as a cluster that cannot start does by itself.
    if (failure) this.emit('error', failure.error)
    else this.emit('connect')
  }

  #withSessions<T>(work: (sessions: StoredSessions) => Soon<T>): Soon<T> {
    return soonAfter(this.#sessions, work)
  }

  #get(id: string, shown: Shown): Soon<SessionRecord | undefined> {
    return this.#withSessions(sessions =>
      soonAfter(isId(id) ? sessions.find(id) : undefined, stored => stored && this.#show(sessions, id, stored, shown)),
    )
  }

  #show(sessions: StoredSessions, id: string, stored: StoredSession, shown: Shown): SessionRecord {
    const record = sessions.read(stored)
    this.#shown.set(record, stored)
    shown.delete(id)
    shown.set(id, stored)
    if (shown.size > MAX_SHOWN) shown.delete(shown.keys().next().value!)
    return record
  }

  #set(sessions: StoredSessions, id: string, session: object): Soon<void> {
    const nowMs = Date.now()
    return soonAfter(this.#reader(sessions, isId(id) ? id : '', session), stored => {
      if (!stored) return undefined
      if (stored.isOver(session, nowMs)) return sessions.end(id)
      return sessions.write(stored, session, nowMs)
    })
  }

  #touch(sessions: StoredSessions, id: string, session: object): Soon<void> {
    if (!isId(id)) return undefined
    // It has compared the JSON of the two and found them equal. What JSON does not show, as the inside of a Map, is found here.
    if (session instanceof StoreSession) return this.#set(sessions, id, session)
    const nowMs = Date.now()
    return soonAfter(sessions.find(id), stored => {
      if (!stored) return undefined
      // It wants nothing of the time, and others may have renewed that meanwhile.
      const isAsShown = !cookieOf(session) || this.#shown.get(session)?.isAsShown(session)
      if (isAsShown) return sessions.use(stored)
      return stored.isOver(session, nowMs) ? sessions.end(id) : sessions.touch(stored, session, nowMs)
    })
  }

  /** Who writes: with what it was shown. */
  #reader(sessions: StoredSessions, id: string, session: object): Soon<StoredSession | undefined> {
    const shown = this.#shown.get(session) ?? (isPlain(session) ? undefined : this.#request.getStore()?.get(id))
    if (shown?.delta.id === id) return shown
    const isNew = this.#generated.has(session)
    return soonAfter(sessions.findOrCreate(id, isNew), stored => {
      if (stored && isNew) this.#shown.set(session, stored)
      return stored
    })
  }

  /** express-session hands its objects to `createSession`, and needs no context. */
  #inContext<T>(shown: Shown, callback: StoreCallback<T>): StoreCallback<T> {
    return this.#generate ? callback : (error, value) => this.#request.run(shown, callback, error, value)
  }

  #all(sessions: StoredSessions): Record<string, SessionRecord> {
    const all: Record<string, SessionRecord> = Object.create(null)
    for (const stored of sessions.all()) all[stored.delta.id] = sessions.read(stored)
    return all
  }
}

function isId(id: unknown): boolean {
  return typeof id === 'string' && id !== ''
}

function isPlain(session: object): boolean {
  const prototype = Object.getPrototypeOf(session)
  return prototype === null || prototype === Object.prototype
}

function assertOptions(options: SessionStoreOptions): void {
  if (typeof options !== 'object' || options === null)
    throw new BadStoreOptionError('options', options, "give an object, such as { acknowledge: 'all' }, or nothing")
  const unknown = Object.keys(options).find(name => name !== 'acknowledge')
  if (unknown !== undefined)
    throw new BadStoreOptionError(
      unknown,
      Reflect.get(options, unknown),
      'there is no such option; the only one is acknowledge',
    )
  if (!LEVELS.includes(options.acknowledge))
    throw new BadStoreOptionError('acknowledge', options.acknowledge, "give 'async', 'backup' or 'all'")
}
