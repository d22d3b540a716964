import type { IncomingMessage } from 'node:http'
import type { DeltaSession } from '@clowder/ha'
import type { PresentedCookie } from '../cookie/cookie-jar.js'
import type { CookieSettings } from '../cookie/cookie-options.js'
import { isSecureConnection } from '../cookie/secure-connection.js'
import { clearedCookie, setCookie } from '../cookie/set-cookie.js'
import { isSameToken } from '../cookie/token-text.js'
import type { ValveContext } from './valve-context.js'

/** One request's cookie: what the client presented, and what the answer should tell it. */
export class ExchangeCookie {
  readonly #context: ValveContext
  readonly #req: IncomingMessage
  #presented: PresentedCookie | undefined
  #isRenewed = false

  constructor(context: ValveContext, req: IncomingMessage) {
    this.#context = context
    this.#req = req
  }

  /** The request's good cookie, if it has one. */
  read(): PresentedCookie['cookie'] | undefined {
    const reading = this.#context.jar.read(this.#req.headers.cookie)
    if (reading === 'forged') this.#context.forgeries.noticed()
    if (typeof reading === 'string') return undefined
    this.#presented = reading
    return reading.cookie
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
  isDue(delta: DeltaSession, isSeen: boolean): boolean {
    if (delta.isNew || !delta.isValid) return false
    if (this.#isRenewed || this.#context.options.rolling || !this.#presented) return true
    const { cookie, route } = this.#presented
    if (cookie.id !== delta.id || cookie.isOutdated) return true
    return isSeen && (this.#context.binder.isForeign(route) || !isSameToken(cookie.token, delta.token))
  }

  /** The Set-Cookie value. */
  render(delta: DeltaSession, settings: CookieSettings): string {
    const { binder, options, statistics } = this.#context
    if (this.#presented && binder.isForeign(this.#presented.route)) statistics.nrOfRouteRewrites++
    return setCookie(options.cookie.name, binder.bind(this.#signed(delta)), settings, this.#isSecure())
  }

  /** The Set-Cookie value that takes the client's cookie away, if it has one. */
  clear(settings: CookieSettings): string | undefined {
    return this.#presented && clearedCookie(this.#context.options.cookie.name, settings, this.#isSecure())
  }

  /** What the client sent, as long as it is still true: a new signature costs more than all the rest. */
  #signed(delta: DeltaSession): string {
    const { token, id } = delta
    const known = this.#presented?.cookie
    if (known && known.id === id && !known.isOutdated && isSameToken(known.token, token)) return known.signed
    return this.#context.jar.sign(id, token)
  }

  #isSecure(): boolean {
    return isSecureConnection(this.#req, this.#context.options.trustProxy)
  }
}
