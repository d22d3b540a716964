import type { IncomingMessage } from 'node:http'
import type { DeltaSession, VersionToken } from '@clowder/ha'
import type { PresentedCookie } from '../cookie/cookie-jar.js'
import type { CookieSettings } from '../cookie/cookie-options.js'
import { isLocalHost, isSecureByProxy, isSecureConnection } from '../cookie/secure-connection.js'
import { clearedCookie, setCookie } from '../cookie/set-cookie.js'
import { isSameToken } from '../cookie/token-text.js'
import type { OneTimeWarnings } from './one-time-warnings.js'
import { loggedPath } from './request-filter.js'
import type { ValveContext } from './valve-context.js'

export interface NamedSession {
  readonly id: string
  /** Undefined: the cookie does not say. */
  readonly token: VersionToken | undefined
}

/** One request's cookie: what the client presented, and what the answer should tell it. */
export class ExchangeCookie {
  readonly #context: ValveContext
  readonly #req: IncomingMessage
  #presented: PresentedCookie | undefined
  /** The id in a good cookie of express-session. */
  #connectId: string | undefined
  #isRenewed = false

  constructor(context: ValveContext, req: IncomingMessage) {
    this.#context = context
    this.#req = req
  }

  /** The session that the request's cookies name, and what its client has seen of it. */
  read(): NamedSession | undefined {
    const reading = this.#context.jar.read(this.#req.headers.cookie)
    if (typeof reading === 'object') this.#presented = reading
    const id = this.#readConnectSid()
    if (id !== undefined) return { id, token: undefined }
    if (reading === 'forged') this.#context.forgeries.noticed()
    return this.#presented?.cookie
  }

  get originalRoute(): string | undefined {
    return this.#context.binder.originalRoute(this.#presented?.route)
  }

  /** The answer is to carry it whatever happens. */
  renew(): void {
    this.#isRenewed = true
  }

  /**
   * `isSeen`: the handler has looked into the session, so that the client may now know what this node knows. When that is more than its cookie says, for
   * another of its requests changed the session meanwhile, the cookie must follow: its reads would not be monotonic otherwise. An answer that has nothing
   * to do with the session carries no cookie, so that it can be cached, even when the route has changed.
   */
  isDue(delta: DeltaSession, isSeen: boolean, isRolling: boolean): boolean {
    if (delta.isNew || !delta.isValid) return false
    if (this.#isRenewed || isRolling || !this.#presented) return true
    const { connect } = this.#context
    const { cookie, route } = this.#presented
    if (cookie.id !== delta.id || cookie.isOutdated) return true
    if (connect?.isWritten && this.#connectId !== delta.id) return true
    return isSeen && (this.#context.binder.isForeign(route) || !isSameToken(cookie.token, delta.token))
  }

  /** The Set-Cookie values. */
  render(delta: DeltaSession, settings: CookieSettings): readonly string[] {
    const { binder, options, statistics, connect } = this.#context
    if (this.#presented && binder.isForeign(this.#presented.route)) statistics.nrOfRouteRewrites++
    const isSecure = this.#isSecure()
    if (!isSecure || settings.secure === false) this.#warnOfPlainHttp(settings)
    const own = setCookie(options.cookie.name, binder.bind(this.#signed(delta)), settings, isSecure)
    return connect?.isWritten ? [own, setCookie(connect.name, connect.sign(delta.id), settings, isSecure)] : [own]
  }

  /** The Set-Cookie values that take the client's cookies away, if it has any. */
  clear(settings: CookieSettings): readonly string[] | undefined {
    const { connect, options } = this.#context
    const names = this.#presented ? [options.cookie.name] : []
    if (connect?.isPresented(this.#req.headers.cookie)) names.push(connect.name)
    if (names.length === 0) return undefined
    const isSecure = this.#isSecure()
    return names.map(name => clearedCookie(name, settings, isSecure))
  }

  /**
   * The id in the cookie of express-session where that counts: ours says more about the same session, and is the later one as long as we alone write. When both
   * are written and differ, express-session has set its own since.
   */
  #readConnectSid(): string | undefined {
    const { connect } = this.#context
    if (!connect || (this.#presented && !connect.isWritten)) return undefined
    this.#connectId = connect.read(this.#req.headers.cookie)
    return this.#connectId === this.#presented?.cookie.id ? undefined : this.#connectId
  }

  /** What the client sent, as long as it is still true: a new signature costs more than all the rest. */
  #signed(delta: DeltaSession): string {
    const { token, id } = delta
    const known = this.#presented?.cookie
    if (known && known.id === id && !known.isOutdated && isSameToken(known.token, token)) return known.signed
    return this.#context.jar.sign(id, token, known)
  }

  #isSecure(): boolean {
    return isSecureConnection(this.#req, this.#context.options.trustProxy)
  }

  #warnOfPlainHttp({ secure, sameSite }: CookieSettings): void {
    const isBehindHttps = isSecureByProxy(this.#req)
    if (secure === 'auto' && isBehindHttps) this.#warn('untrustedProxy')
    // Browsers make no exception for their own host here.
    else if (secure !== true && sameSite === 'none') this.#warn('plainSameSite')
    if (secure === true && !isBehindHttps && !isLocalHost(this.#req)) this.#warn('plainSecure')
  }

  #warn(warning: Parameters<OneTimeWarnings['say']>[0]): void {
    this.#context.warnings.say(warning, { url: loggedPath(this.#req) })
  }
}
