import type { IncomingMessage, ServerResponse } from 'node:http'
import { type AcknowledgementLevel, type Commit, type DeltaSession, SessionLockLostError } from '@clowder/ha'
import type { CookieSettings } from '../cookie/cookie-options.js'
import { type HttpError, SessionGoneError } from '../errors.js'
import { ExchangeLock } from '../lock/exchange-lock.js'
import { unlockedAnswer } from '../lock/valve-locks.js'
import { HeldResponse, type ResponseWatcher } from '../response/held-response.js'
import { isOver } from '../response/response-over.js'
import type { AttributeAccessors } from '../session/attribute-accessors.js'
import {
  collect,
  cookieSettings,
  expose,
  RequestSession,
  refresh,
  type SessionKeeper,
  type SessionLockOptions,
  settings,
} from '../session/request-session.js'
import type { Session } from '../session/session-data.js'
import type { SessionVisit } from '../session/session-visit.js'
import type { SignOnAnswer } from '../sign-on/sign-on-answer.js'
import { ExchangeCommits, throwRefused } from './exchange-commits.js'
import { ExchangeCookie, type NamedSession } from './exchange-cookie.js'
import type { RequestPolicy } from './request-policy.js'
import { cookieFor, idFor } from './session-birth.js'
import { StaleAnswer } from './stale-answer.js'
import type { ValveContext } from './valve-context.js'

/**
 * One request and its session, from the cookie that came to the cookie that goes. As long as the handler does not look at `req.session`, nothing is made,
 * compared or committed, and the response is left alone unless its cookie is due anyway. Without a response it is a visit: whoever opened it saves.
 */
export class SessionExchange implements SessionKeeper, ResponseWatcher, SessionVisit {
  readonly #context: ValveContext
  readonly #req: IncomingMessage
  readonly #res: ServerResponse | undefined
  readonly #cookie: ExchangeCookie
  #policy: RequestPolicy
  #delta: DeltaSession | undefined
  #session: RequestSession | undefined
  #response: HeldResponse | undefined
  /** What this request's own session is to have for a cookie, when the application has a say in it. */
  #initialCookie: CookieSettings | undefined
  /** The cookies that take the client's away, once the session has been ended here. */
  #farewell: readonly string[] | undefined
  #hasEnded = false
  readonly #stale: StaleAnswer
  /** These two are made when they are needed. */
  #commits: ExchangeCommits | undefined
  #lock: ExchangeLock | undefined
  #isOver = false
  #hasStarted = false
  /** Why nothing that the request changed is kept, and its answer not given. */
  #refusal: Error | undefined

  constructor(context: ValveContext, req: IncomingMessage, res?: ServerResponse) {
    this.#context = context
    this.#req = req
    this.#res = res
    this.#cookie = new ExchangeCookie(context, req)
    this.#stale = new StaleAnswer(context, res)
    this.#policy = context.options
  }

  /**
   * Finds the session that the cookie names; at once if this node has it. False: the request has been answered and must not go on. Rejects with
   * StaleSessionError where that answer has nowhere to go.
   */
  open(): boolean | Promise<boolean> {
    const arriving = this.#context.signOn?.arriving(this.#req)
    return arriving ? arriving.then(() => this.#look()) : this.#look()
  }

  #look(): boolean | Promise<boolean> {
    const cookie = this.#cookie.read()
    if (!cookie) return this.#opened()
    if (!this.#res || !this.#context.locks.isWanted?.(this.#req)) return this.#find(cookie)
    this.#interceptResponse()
    return this.#locking.open(cookie, this.#res, named => this.#find(named))
  }

  #find(cookie: NamedSession): boolean | Promise<boolean> {
    const found = this.#context.manager.findSession(cookie.id, cookie.token)
    switch (found.kind) {
      case 'here':
        this.#adopt(found.session)
        return this.#opened()
      case 'dead':
        return this.#opened()
      case 'behind':
      case 'unknown':
        return this.#pull(cookie)
    }
  }

  /** Another valve stands further on the request's way: its policy holds from there on, and the session stays. False: the request has been answered. */
  follow({ manager, options, own, warnings }: ValveContext): boolean {
    if (manager !== this.#context.manager) warnings.say('otherCluster')
    else if (options.cookie.name !== this.#context.options.cookie.name) warnings.say('otherCookie')
    else return this.#followPolicy(own.policy, own.hasFixed)
    return true
  }

  /** The first look makes a session if there is none. Throws TooManyActiveSessionsError. */
  get session(): Session | undefined {
    if (!this.#session && !this.#hasEnded) {
      // Ended by another request between its being found and this first look at it.
      if (this.#delta?.isValid === false) this.#delta = undefined
      this.#delta ??= this.#newSession()
      this.#interceptResponse()
      this.#context.signOn?.opened(this.#req, this.#delta)
      this.#session = new RequestSession(this.#delta, this)
    }
    return this.#session
  }

  get isKnown(): boolean {
    return !this.#hasEnded && this.#delta?.isValid === true && !this.#delta.isNew
  }

  /** What stands behind `session`, once that has been looked at. */
  get delta(): DeltaSession | undefined {
    return this.#delta
  }

  get signOn(): SignOnAnswer {
    return this.#saving.signOn
  }

  get accessors(): AttributeAccessors {
    return this.#context.accessors
  }

  get cookieDefaults(): CookieSettings {
    return this.#context.options.cookie
  }

  get initialCookie(): CookieSettings | undefined {
    return this.#initialCookie
  }

  get isStale(): boolean {
    return this.#stale.isStale
  }

  get originalRoute(): string | undefined {
    return this.#cookie.originalRoute
  }

  newId(): string | undefined {
    return idFor(this.#context, this.#req)
  }

  async save(session: RequestSession, acknowledge?: AcknowledgementLevel): Promise<void> {
    const commit = await this.#saved(session, acknowledge)
    await commit?.acknowledged
    throwRefused(commit)
  }

  async lock(session: RequestSession, { timeout }: SessionLockOptions): Promise<void> {
    const delta = this.#delta!
    // After the answer nobody would give it back.
    if (session !== this.#session || !delta.isValid || this.#isOver) throw new SessionGoneError('lock')
    session[collect]()
    await this.#locking.takeFor(delta, timeout ?? this.#context.locks.options.timeout)
    // What was assigned meanwhile stays as well.
    session[collect]()
    session[refresh]()
  }

  /** What could not be kept is no reason to keep the lock. */
  async unlock(session: RequestSession): Promise<void> {
    const commit = await this.#saved(session)
    await commit?.acknowledged
    this.#lock?.release()
    throwRefused(commit)
  }

  async reload(session: RequestSession): Promise<void> {
    const delta = this.#delta!
    if (session !== this.#session || !delta.isValid) throw new SessionGoneError('load')
    delta.reload()
    session[refresh]()
  }

  async regenerate(session: RequestSession): Promise<void> {
    if (this.#session && session !== this.#session) throw new SessionGoneError('regenerate')
    const id = this.newId()
    this.#initialCookie = cookieFor(this.#context, this.#req)
    this.#delta = this.#context.manager.replaceSession(this.#delta!, id)
    this.#session = new RequestSession(this.#delta, this)
    this.#farewell = undefined
    this.#hasEnded = false
    this.#stale.isStale = false
    this.#saving.replaced()
  }

  async destroy(session: RequestSession, acknowledge?: AcknowledgementLevel): Promise<void> {
    if (session === this.#session) await this.end(acknowledge)?.acknowledged
  }

  touch(session: RequestSession): void {
    if (session !== this.#session) return
    this.#cookie.renew()
    if (!session.isNew) this.#context.manager.touchSession(session.id)
  }

  /** What `req.session = null` does. */
  unset(): void {
    if (this.#policy.unset === 'destroy') return void this.end()
    this.#saving.signOn.givenUp()
    this.#session = undefined
    this.#hasEnded = true
  }

  /** The session ends here, and the answer takes the client's cookie away. */
  end(acknowledge?: AcknowledgementLevel): Commit | undefined {
    if (this.#hasEnded) return undefined
    this.#interceptResponse()
    this.#farewell = this.#cookie.clear(this.#settings())
    this.#session = undefined
    this.#hasEnded = true
    const commit = this.#delta?.isValid ? this.#saving.end(this.#delta, this.#policy, acknowledge) : undefined
    this.#lock?.release()
    return commit
  }

  setCookies(): readonly string[] {
    return this.headersStarting() ?? []
  }

  /** A request that was taken for a reader and has changes takes its lock now. */
  headersDue(): Promise<unknown> | undefined {
    return this.#lockLate()?.then(refusal => void (this.#refusal = refusal))
  }

  headersStarting(): readonly string[] | undefined {
    this.#hasStarted = true
    if (this.#refusal) this.#saving.failed(this.#refusal)
    else this.#commitQuietly()
    this.#lock?.headersStarted()
    // What the application would answer is not true: nothing that it changed in the session is kept.
    const others = this.#commits?.signOn.starting()
    if (this.#refusal) return void this.#interceptResponse()?.replace(unlockedAnswer)
    return others ? [...(this.#cookiesDue() ?? []), others] : this.#cookiesDue()
  }

  #cookiesDue(): readonly string[] | undefined {
    const delta = this.#delta
    if (this.#farewell || !delta) return this.#farewell
    // No cookie may go then that says how far this client has read.
    this.#stale.headersStarting(this.#session !== undefined && !delta.isValid)
    return this.#cookie.isDue(delta, this.#session !== undefined, this.#policy.rolling)
      ? this.#cookie.render(delta, this.#settings())
      : undefined
  }

  responseEnding(): void {
    if (this.#commitQuietly()?.changed) this.#context.statistics.nrOfLateCommits++
    this.#lock?.release()
  }

  responseAborted(): void {
    this.#commitQuietly()
  }

  responseOver(): void {
    this.#isOver = true
    this.#lock?.end()
  }

  responseFailed(error: unknown): void {
    this.#saving.answerFailed(error)
  }

  async #saved(session: RequestSession, acknowledge?: AcknowledgementLevel): Promise<Commit | undefined> {
    try {
      if (session !== this.#session || !this.#delta!.isValid) throw new SessionGoneError('save')
      this.#saving.mustSave = true
      const late = this.#lockLate()
      const refusal = late && (await late)
      if (refusal) throw refusal
      const commit = this.#commit(acknowledge)
      session[expose]()
      return commit
    } finally {
      // A visit has no answer with which its lock would be given back, whatever came of this.
      if (!this.#res) this.#lock?.release()
    }
  }

  #newSession(): DeltaSession {
    const id = this.newId()
    this.#initialCookie = cookieFor(this.#context, this.#req)
    return this.#context.manager.createSession(id)
  }

  #followPolicy(policy: Partial<RequestPolicy>, hasFixed: boolean): boolean {
    if (hasFixed) this.#context.warnings.say('fixedOptions')
    this.#policy = { ...this.#policy, ...policy }
    if (this.#stale.isStale && this.#policy.whenStale === 'refuse') return this.#stale.refuse()
    if (this.#delta) this.#adopt(this.#delta)
    return this.#opened()
  }

  #opened(): boolean {
    if (!this.#policy.saveUninitialized) return true
    try {
      void this.session
    } catch (error) {
      this.#context.logger.warn({ err: error }, 'a client goes without a session: none can be made')
    }
    return true
  }

  #adopt(delta: DeltaSession): void {
    this.#delta = delta
    this.#lock?.guard(delta)
    this.#context.signOn?.found(this.#req)
    if (this.#cookie.isDue(delta, false, this.#policy.rolling)) this.#interceptResponse()
  }

  async #pull({ id, token: seen }: NamedSession): Promise<boolean> {
    this.#context.statistics.nrOfPulls++
    const loaded = await this.#context.manager.loadSession(id, seen)
    if (loaded.kind === 'none') return this.#opened()
    if (loaded.stale && !this.#stale.admit(this.#policy)) return false
    this.#adopt(loaded.session)
    return this.#opened()
  }

  #interceptResponse(): HeldResponse | undefined {
    if (!this.#res || this.#response) return this.#response
    // It will not say again that it is over.
    if (isOver(this.#res)) this.responseOver()
    this.#response = new HeldResponse(this.#res, this, this.#req.httpVersionMajor)
    return this.#response
  }

  /** Nothing when the session was not looked at, has ended, or is new and empty. Throws what the manager throws, logged. */
  #commit(acknowledge?: AcknowledgementLevel): Commit | undefined {
    if (this.#refusal) throw this.#refusal
    const delta = this.#delta
    if (!this.#session || !delta?.isValid) return undefined
    return this.#saving.save(this.#session, delta, this.#policy, acknowledge)
  }

  /** An answer goes out whatever becomes of its session. */
  #commitQuietly(): Commit | undefined {
    try {
      // `delete req.session`, which nothing else tells.
      if (this.#res && this.#session && !Object.hasOwn(this.#req, 'session')) this.unset()
      return this.#commit()
    } catch (error) {
      if (error instanceof SessionLockLostError) this.#refusal = error
      return undefined
    }
  }

  /** Absent unless the request was taken for a reader and has changes before its answer starts. */
  #lockLate(): Promise<HttpError | undefined> | undefined {
    const delta = this.#delta
    if (!this.#context.locks.learns || !this.#res || !this.#session || !delta?.isValid) return undefined
    // Nobody would give it back.
    if (this.#hasStarted || this.#isOver) return undefined
    this.#session[collect]()
    return this.#locking.isDue(delta) ? this.#locking.takeLate(delta) : undefined
  }

  get #locking(): ExchangeLock {
    const socket = this.#res ? undefined : this.#req.socket
    this.#lock ??= new ExchangeLock(this.#context, this.#req, () => this.#stale.found(this.#policy), socket)
    return this.#lock
  }

  get #saving(): ExchangeCommits {
    this.#commits ??= new ExchangeCommits({
      context: this.#context,
      req: this.#req,
      res: this.#res,
      committed: commit => this.#committed(commit),
    })
    return this.#commits
  }

  #committed({ changed, acknowledged }: Commit): void {
    if (changed) this.#cookie.renew()
    this.#lock?.committed(changed)
    if (acknowledged) this.#interceptResponse()?.waitFor(acknowledged)
  }

  #settings(): CookieSettings {
    if (this.#session) return this.#session[settings]()
    return this.#delta ? cookieSettings(this.#delta, this.cookieDefaults) : this.cookieDefaults
  }
}
