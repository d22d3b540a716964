import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AcknowledgementLevel, Commit, DeltaSession } from '@clowder/ha'
import type { CookieSettings } from '../cookie/cookie-options.js'
import { SessionGoneError, StaleSessionError } from '../errors.js'
import { HeldResponse, type ResponseWatcher } from '../response/held-response.js'
import type { AttributeAccessors } from '../session/attribute-accessors.js'
import {
  begin,
  collect,
  cookieSettings,
  expose,
  RequestSession,
  refresh,
  type SessionKeeper,
  settings,
} from '../session/request-session.js'
import type { Session } from '../session/session-data.js'
import type { SessionVisit } from '../session/session-visit.js'
import { CommitReport } from './commit-report.js'
import { ExchangeCookie, type NamedSession } from './exchange-cookie.js'
import type { RequestPolicy } from './request-policy.js'
import { cookieFor, idFor } from './session-birth.js'
import { markStale, refuseStale } from './stale-answer.js'
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
  #isStale = false
  /** Saved even when empty: `save` was called, or an old session dies with the first commit of this one. */
  #mustSave = false
  #commitReport: CommitReport | undefined

  constructor(context: ValveContext, req: IncomingMessage, res?: ServerResponse) {
    this.#context = context
    this.#req = req
    this.#res = res
    this.#cookie = new ExchangeCookie(context, req)
    this.#policy = context.options
  }

  /**
   * Finds the session that the cookie names; at once if this node has it. False: the request has been answered and must not go on. Rejects with
   * StaleSessionError where that answer has nowhere to go.
   */
  open(): boolean | Promise<boolean> {
    const cookie = this.#cookie.read()
    if (!cookie) return this.#opened()
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
    return this.#isStale
  }

  get originalRoute(): string | undefined {
    return this.#cookie.originalRoute
  }

  newId(): string | undefined {
    return idFor(this.#context, this.#req)
  }

  async save(session: RequestSession, acknowledge?: AcknowledgementLevel): Promise<void> {
    if (session !== this.#session || !this.#delta!.isValid) throw new SessionGoneError('save')
    this.#mustSave = true
    const commit = this.#commit(acknowledge)
    session[expose]()
    await commit?.acknowledged
    if (commit?.refused[0]) throw commit.refused[0]
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
    this.#isStale = false
    this.#mustSave = true
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
    if (this.#policy.unset === 'destroy') {
      this.end()
    } else {
      this.#session = undefined
      this.#hasEnded = true
    }
  }

  /** The session ends here, and the answer takes the client's cookie away. */
  end(acknowledge?: AcknowledgementLevel): Commit | undefined {
    if (this.#hasEnded) return undefined
    this.#interceptResponse()
    this.#farewell = this.#cookie.clear(this.#settings())
    this.#session = undefined
    this.#hasEnded = true
    return this.#delta?.isValid ? this.#kill(this.#delta, acknowledge) : undefined
  }

  setCookies(): readonly string[] {
    return this.headersStarting() ?? []
  }

  headersStarting(): readonly string[] | undefined {
    this.#commitQuietly()
    const delta = this.#delta
    if (this.#farewell || !delta) return this.#farewell
    // Another request ended it meanwhile: what is shown here is over, and no cookie may go that says how far this client has read.
    if (this.#session && !delta.isValid) this.#countStale()
    return this.#cookie.isDue(delta, this.#session !== undefined, this.#policy.rolling)
      ? this.#cookie.render(delta, this.#settings())
      : undefined
  }

  responseEnding(): void {
    if (this.#commitQuietly()?.changed) this.#context.statistics.nrOfLateCommits++
  }

  responseAborted(): void {
    this.#commitQuietly()
  }

  responseFailed(error: unknown): void {
    this.#report.answerFailed(error)
  }

  #newSession(): DeltaSession {
    const id = this.newId()
    this.#initialCookie = cookieFor(this.#context, this.#req)
    return this.#context.manager.createSession(id)
  }

  #followPolicy(policy: Partial<RequestPolicy>, hasFixed: boolean): boolean {
    if (hasFixed) this.#context.warnings.say('fixedOptions')
    this.#policy = { ...this.#policy, ...policy }
    if (this.#isStale && this.#policy.whenStale === 'refuse') return this.#refuseStale()
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
    if (this.#cookie.isDue(delta, false, this.#policy.rolling)) this.#interceptResponse()
  }

  async #pull({ id, token: seen }: NamedSession): Promise<boolean> {
    this.#context.statistics.nrOfPulls++
    const loaded = await this.#context.manager.loadSession(id, seen)
    if (loaded.kind === 'none') return this.#opened()
    if (loaded.stale && !this.#admitStale()) return false
    this.#adopt(loaded.session)
    return this.#opened()
  }

  #admitStale(): boolean {
    if (this.#policy.whenStale === 'refuse') return this.#refuseStale()
    this.#countStale()
    this.#isStale = true
    return true
  }

  #refuseStale(): false {
    this.#context.statistics.nrOfRefusedRequests++
    if (!this.#res) throw new StaleSessionError()
    refuseStale(this.#res)
    return false
  }

  #countStale(): void {
    this.#context.statistics.nrOfStaleAnswers++
    if (this.#res) markStale(this.#res)
  }

  #interceptResponse(): HeldResponse | undefined {
    if (this.#res) this.#response ??= new HeldResponse(this.#res, this, this.#req.httpVersionMajor)
    return this.#response
  }

  /** Nothing when the session was not looked at, has ended, or is new and empty. Throws what the manager throws, logged. */
  #commit(acknowledge?: AcknowledgementLevel): Commit | undefined {
    const delta = this.#delta
    if (!this.#session || !delta?.isValid) return undefined
    try {
      this.#session[collect]()
      return this.#isWorthSaving(delta) ? this.#complete(delta, acknowledge) : undefined
    } catch (error) {
      throw this.#failed(error)
    }
  }

  /** An answer goes out whatever becomes of its session. */
  #commitQuietly(): Commit | undefined {
    try {
      // `delete req.session`, which nothing else tells.
      if (this.#res && this.#session && !Object.hasOwn(this.#req, 'session')) this.unset()
      return this.#commit()
    } catch {
      return undefined
    }
  }

  #kill(delta: DeltaSession, acknowledge?: AcknowledgementLevel): Commit {
    try {
      delta.invalidate()
      return this.#complete(delta, acknowledge)
    } catch (error) {
      throw this.#failed(error)
    }
  }

  #isWorthSaving(delta: DeltaSession): boolean {
    return !delta.isNew || this.#mustSave || this.#policy.saveUninitialized || delta.isDirty
  }

  #complete(delta: DeltaSession, acknowledge = this.#policy.acknowledge): Commit {
    if (delta.isNew && this.#session) {
      this.#session[begin]()
      if (this.#res?.headersSent) this.#context.warnings.say('lateSession', { url: this.#req.url })
    }
    const commit = this.#context.manager.requestCompleted(delta, acknowledge)
    if (commit.changed) this.#cookie.renew()
    if (commit.acknowledged) this.#interceptResponse()?.waitFor(commit.acknowledged)
    this.#report.committed(commit)
    return commit
  }

  #failed(error: unknown): unknown {
    this.#report.failed(error)
    return error
  }

  get #report(): CommitReport {
    this.#commitReport ??= new CommitReport(this.#context, this.#req)
    return this.#commitReport
  }

  #settings(): CookieSettings {
    if (this.#session) return this.#session[settings]()
    return this.#delta ? cookieSettings(this.#delta, this.cookieDefaults) : this.cookieDefaults
  }
}
