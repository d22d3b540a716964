import type { DeltaSession } from '@clowder/ha'
import { COOKIE_PROPERTY } from '../session/request-session.js'
import { type CookieLifetime, type CookieTimes, lifetimeOf } from './cookie-lifetime.js'
import { type CookieRecord, cookieData, cookieRecord, plain, saysWhen } from './cookie-record.js'
import type { StoreCookieData } from './store-cookie.js'

/** A session as a store gives and takes it: a plain object of attributes, and the cookie among them. */
export interface SessionRecord {
  /** Absent when the session was set without: express-session refuses to go on with it then. */
  cookie: StoreCookieData
  [attribute: string]: unknown
}

const COOKIE = 'cookie'
const MS_PER_SECOND = 1000

/**
 * One reader's session: what it was shown, as an object that it may do with as it likes, and what it makes of that. Only what the reader changed becomes a change of the
 * session, however much of it the object repeats; what others changed meanwhile stays.
 */
export class StoredSession {
  readonly delta: DeltaSession
  /** Attributes that the reader's object has had: one that is missing from it has been removed by the reader. */
  #shown: ReadonlySet<string>
  readonly #shownExpiresMs: number | undefined

  constructor(delta: DeltaSession) {
    this.delta = delta
    this.#shown = new Set(delta.attributeNames())
    this.#shownExpiresMs = this.#expiresMs()
  }

  /** For the reader alone. An attribute that cannot be decoded is told to `undecodable`, not shown, and stays as it is. */
  read(undecodable: (error: unknown) => void): SessionRecord {
    const cookie = this.#cookie()
    const record = (cookie === null ? {} : { cookie: cookieData(cookie, this.#shownExpiresMs) }) as SessionRecord
    for (const name of this.#shown) {
      if (name === COOKIE) continue
      try {
        const value = this.delta.getAttribute(name)
        // As in JSON; and of what only a later version of the application knows.
        if (value !== undefined) define(record, name, value)
      } catch (error) {
        undecodable(error)
      }
    }
    this.showsOnly(record)
    return record
  }

  /** The reader sees no more than this object has. */
  showsOnly(record: object): void {
    this.#shown = new Set(Object.keys(record))
  }

  /** Takes over the attributes of `data`. As in JSON, what is undefined or a function is not there. */
  write(data: object): void {
    const names = new Set<string>()
    for (const [name, value] of Object.entries(data)) {
      if (name === COOKIE || value === undefined || typeof value === 'function') continue
      this.delta.setAttribute(name, value)
      names.add(name)
    }
    for (const name of this.#shown) if (name !== COOKIE && !names.has(name)) this.delta.removeAttribute(name)
    this.#shown = names
  }

  /** Takes over the cookie. True: the session has been used, and lives on from now. */
  writeCookie(cookie: object | undefined, nowMs: number): boolean {
    if (!cookie) return this.#dropCookie()
    const former = this.#cookie() ?? undefined
    const lifetime = this.#lifetimeOf(cookie, nowMs)
    const isShown = lifetime === 'as shown'
    const isFixed = isShown ? former?.isFixed === true : lifetime.kind === 'fixed'
    const record = cookieRecord(cookie, isFixed, former)
    this.delta.setProperty(COOKIE_PROPERTY, record)
    if (!isShown) this.#limit(lifetime, record, former)
    else if (isFixed && this.delta.isDirty) this.#keepEnd(nowMs)
    return !isFixed
  }

  /** The session ends when its cookie says, whenever it is changed. */
  #keepEnd(nowMs: number): void {
    const expiresMs = this.#shownExpiresMs
    if (expiresMs !== undefined) this.delta.maxInactiveInterval = Math.max(1, expiresMs - nowMs) / MS_PER_SECOND
  }

  /** Whether the cookie of `data` says that the session is over. */
  isOver(data: object, nowMs: number): boolean {
    const cookie = cookieOf(data)
    const lifetime = cookie && this.#lifetimeOf(cookie, nowMs)
    return typeof lifetime === 'object' && lifetime.kind === 'over'
  }

  /** Whether the cookie of `data` has the time that its reader was shown. */
  isAsShown(data: object): boolean {
    return this.#isShown(plain(cookieOf(data) ?? {}))
  }

  get hasFixedEnd(): boolean {
    return this.#cookie()?.isFixed === true
  }

  /** A reader that has not touched the cookie's time wants nothing of it. */
  #lifetimeOf(cookie: object, nowMs: number): CookieLifetime | 'as shown' {
    const times: CookieTimes = plain(cookie)
    return this.#isShown(times) ? 'as shown' : lifetimeOf(times, nowMs)
  }

  #isShown({ expires }: CookieTimes): boolean {
    return expires instanceof Date && expires.getTime() === this.#shownExpiresMs
  }

  #limit(lifetime: CookieLifetime, { maxAge }: CookieRecord, former: CookieRecord | undefined): void {
    // Renewed it is as steady as the record: a moment less would be a change.
    if (lifetime.kind === 'idle') this.delta.maxInactiveInterval = (maxAge ?? lifetime.ms) / MS_PER_SECOND
    else if (lifetime.kind === 'fixed') this.delta.maxInactiveInterval = lifetime.ms / MS_PER_SECOND
    else if (former && saysWhen(former)) this.delta.resetMaxInactiveInterval()
  }

  #dropCookie(): boolean {
    this.delta.setProperty(COOKIE_PROPERTY, null)
    this.delta.resetMaxInactiveInterval()
    return true
  }

  /** Undefined of a session that other faces have made; null of one that was set without. */
  #cookie(): CookieRecord | null | undefined {
    return this.delta.getProperty(COOKIE_PROPERTY) as CookieRecord | null | undefined
  }

  /** Epoch milliseconds; undefined: with the browser. By this process's clock, so that it does not matter what others take the time to be. */
  #expiresMs(): number | undefined {
    const cookie = this.#cookie()
    const { maxInactiveInterval } = this.delta
    if (!cookie || !saysWhen(cookie) || maxInactiveInterval <= 0) return undefined
    return Date.now() + Math.round(maxInactiveInterval * MS_PER_SECOND - this.delta.idleTime)
  }
}

export function cookieOf(data: object): object | undefined {
  const { cookie } = data as { cookie?: unknown }
  return typeof cookie === 'object' && cookie !== null ? cookie : undefined
}

/** Also of a name like `__proto__`, which assigning would not make a property of. */
function define(record: object, name: string, value: unknown): void {
  if (name in record)
    Object.defineProperty(record, name, { value, configurable: true, enumerable: true, writable: true })
  else Reflect.set(record, name, value)
}
