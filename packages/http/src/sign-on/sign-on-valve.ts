import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Acknowledged, DeltaSession, SingleSignOn } from '@clowder/ha'
import { type CookieKeys, CookieSigner } from '../cookie/cookie-signer.js'
import { isSecureConnection } from '../cookie/secure-connection.js'
import { LateLoginError, NoSessionError } from '../errors.js'
import { exchangeOf } from '../valve/session-property.js'
import { type NamedEntry, SignOnCookie } from './sign-on-cookie.js'

/** The cookie of single sign-on. */
export interface SignOnValveOptions {
  /** As the session cookie's: the first signs, all verify. */
  readonly secrets: readonly string[] | CookieKeys
  /** @default 'CLOWDERSSO' */
  readonly cookieName?: string | undefined
  readonly cookieDomain?: string | undefined
  readonly trustProxy?: boolean | undefined
}

/** Logs in once for all applications of the cluster, and out of all. `login` and `logout` are for the application, the rest for its valves. */
export class SignOnValve {
  readonly #signOn: SingleSignOn
  readonly #cookie: SignOnCookie
  readonly #trustProxy: boolean
  /** A signature is looked at once a request, until the keys change: a WebSocket's request stays for long. */
  #named = new WeakMap<IncomingMessage, NamedEntry | 'none'>()
  #generation: unknown

  /** Throws BadSecretsError. */
  constructor(components: { readonly signOn: SingleSignOn }, options: SignOnValveOptions) {
    this.#signOn = components.signOn
    const { secrets, cookieName: name = 'CLOWDERSSO', cookieDomain: domain, trustProxy = false } = options
    this.#cookie = new SignOnCookie(new CookieSigner(secrets), { name, domain })
    this.#trustProxy = trustProxy
  }

  /**
   * Somebody has been authenticated. The session gets a new id, and `principal` and `authType`; each application of the cluster that this client visits gets them in its own session
   * (`req.session.principal`). `principal` is plain data. Throws UnserializableValueError, NoSessionError (`HTTP_NO_SESSION`) where no valve has seen the request, and
   * LateLoginError (`HTTP_LATE_LOGIN`) when the headers have been sent; nobody is logged in then.
   */
  login(req: IncomingMessage, res: ServerResponse, principal: unknown, authType?: string): void {
    const { delta, exchange } = this.#sessionOf(req)
    if (res.headersSent) throw new LateLoginError()
    const id = exchange.newId()
    const entry = this.#signOn.logIn(delta, { principal, authType })
    delta.changeSessionId(id)
    exchange.signOn.loggedIn(this.#cookie.render(entry, this.#isSecure(req)), () => void this.#signOn.logOut(entry))
  }

  /** Ends the session and those of all other applications that this login had reached, on every node, for ever. Resolves when all members within reach know. */
  async logout(req: IncomingMessage, res: ServerResponse): Promise<Acknowledged> {
    const { delta, session, exchange } = this.#sessionOf(req)
    // Of a login that this node has not heard of the cookie tells.
    const entries = new Set([this.#signOn.entryOf(delta), this.#namedBy(req)?.entry])
    const ended = Promise.all([...entries].map(entry => (entry === undefined ? 'held' : this.#signOn.logOut(entry))))
    const destroyed = exchange.destroy(session)
    // Where it is too late for that, the cookie names an entry that has ended.
    if (!res.headersSent) exchange.signOn.say(this.#cookie.clear(this.#isSecure(req)))
    await destroyed
    return (await ended).includes('degraded') ? 'degraded' : 'held'
  }

  /** A request has come. What is to be waited for before it is handled: who has just logged in on another node is in here too. */
  arriving(req: IncomingMessage): Promise<unknown> | undefined {
    const named = this.#namedBy(req)
    return named && this.#signOn.fetch(named.entry)
  }

  /** The client's session has been found, whether or not the handler will look at it: the login is in use as well. */
  found(req: IncomingMessage): void {
    const named = this.#namedBy(req)
    if (named) this.#signOn.used(named.entry)
  }

  /** The handler looks at its session for the first time: who is logged in elsewhere is in here too. */
  opened(req: IncomingMessage, delta: DeltaSession): void {
    const named = this.#namedBy(req)
    if (!named || !this.#signOn.takePart(delta, named.entry)) return
    if (named.isOutdated) exchangeOf(req)?.signOn.say(this.#cookie.render(named.entry, this.#isSecure(req)))
  }

  #namedBy(req: IncomingMessage): NamedEntry | undefined {
    const { generation } = this.#cookie
    if (generation !== this.#generation) this.#named = new WeakMap()
    this.#generation = generation
    const known = this.#named.get(req) ?? this.#cookie.read(req.headers.cookie) ?? 'none'
    this.#named.set(req, known)
    return known === 'none' ? undefined : known
  }

  #sessionOf(req: IncomingMessage) {
    const exchange = exchangeOf(req)
    const session = exchange?.session
    const delta = exchange?.delta
    if (!session || !delta) throw new NoSessionError()
    return { exchange, session, delta }
  }

  #isSecure(req: IncomingMessage): boolean {
    return isSecureConnection(req, this.#trustProxy)
  }
}
