import { type Session, type SessionData, SessionGoneError, type SessionVisit } from '@clowder/http'
import { type CookieStore, putCookie } from './cookie-store.js'

export interface CookieSessionComponents {
  readonly visit: SessionVisit
  readonly cookies: CookieStore
}

/**
 * What `getSession` resolves with. Nothing is kept, and no cookie set, before `save`, `destroy` or `regenerate`: call them where cookies can be set (in
 * Next: server actions and route handlers; elsewhere `cookies.set` throws, and so do they).
 */
export class CookieSession {
  readonly #visit: SessionVisit
  readonly #cookies: CookieStore
  #session: Session | undefined

  constructor({ visit, cookies }: CookieSessionComponents) {
    this.#visit = visit
    this.#cookies = cookies
    this.#session = visit.isKnown ? visit.session : undefined
  }

  /** Undefined as long as there is no session. */
  get id(): string | undefined {
    return this.#session?.id
  }

  /** True when this client has seen a later state of the session than this node could get hold of. */
  get isStale(): boolean {
    return this.#session?.isStale ?? false
  }

  get<K extends keyof SessionData>(name: K): SessionData[K] | undefined
  get(name: string): unknown
  get(name: string): unknown {
    const attributes = this.#attributes
    return attributes && Object.hasOwn(attributes, name) ? attributes[name] : undefined
  }

  /** Makes a session if there is none. Throws TooManyActiveSessionsError, ReservedAttributeError, and SessionGoneError after `destroy`. */
  set<K extends keyof SessionData>(name: K, value: SessionData[K]): void
  set(name: string, value: unknown): void
  set(name: string, value: unknown): void {
    this.#made()
    this.#attributes![name] = value
  }

  delete(name: string): void {
    delete this.#attributes?.[name]
  }

  /** Commits what was changed, also deep inside of a value, waits until as many members as asked hold it, and sets the cookie. */
  async save(): Promise<void> {
    if (!this.#session) return
    try {
      await this.#session.save()
    } finally {
      // Where an attribute was refused the others are kept, perhaps under a new id.
      this.#tellClient()
    }
  }

  /** A new, empty session under a new id takes this one's place. Do it at every login, and `save` what you put into it. */
  async regenerate(): Promise<void> {
    await this.#made().regenerate()
    this.#session = this.#visit.session
  }

  /** Ends the session on every node, for ever, and clears the cookie. */
  async destroy(): Promise<void> {
    await this.#made().destroy()
    this.#session = undefined
    this.#tellClient()
  }

  get #attributes(): Record<string, unknown> | undefined {
    return this.#session as Record<string, unknown> | undefined
  }

  #made(): Session {
    this.#session ??= this.#visit.session
    if (!this.#session) throw new SessionGoneError('change')
    return this.#session
  }

  #tellClient(): void {
    for (const line of this.#visit.setCookies()) putCookie(this.#cookies, line)
  }
}
