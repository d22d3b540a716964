import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Manager } from '@clowder/ha'
import { type Logger, silentLogger } from '@clowder/tribes'
import { ConnectCookies } from '../cookie/connect-cookies.js'
import { CookieJar } from '../cookie/cookie-jar.js'
import { CookieSigner } from '../cookie/cookie-signer.js'
import { ValveLocks } from '../lock/valve-locks.js'
import type { WritingRoutes } from '../lock/writing-routes.js'
import { AttributeAccessors } from '../session/attribute-accessors.js'
import type { Session } from '../session/session-data.js'
import type { SessionVisit } from '../session/session-visit.js'
import type { SignOnValve } from '../sign-on/sign-on-valve.js'
import { ForgeryWatch } from './forgery-watch.js'
import { JvmRouteBinder } from './jvm-route-binder.js'
import { OneTimeWarnings } from './one-time-warnings.js'
import { loggedPath, RequestFilter } from './request-filter.js'
import { hasFixed, policyIn } from './request-policy.js'
import { SessionExchange } from './session-exchange.js'
import { attachExchange, exchangeOf, hasForeignSession } from './session-property.js'
import { shareShape } from './shared-shape.js'
import type { ValveContext } from './valve-context.js'
import { type ReplicationValveOptions, resolveValveOptions } from './valve-options.js'
import { statisticsText, ValveStatistics } from './valve-statistics.js'

/** What a valve works with. */
export interface ReplicationValveComponents {
  readonly manager: Manager
  readonly logger?: Logger | undefined
  /** Counted into, instead of anew. */
  readonly statistics?: ValveStatistics | undefined
  /** Learned from, instead of anew. */
  readonly routes?: WritingRoutes | undefined
  /** Who is logged in elsewhere is logged in here. */
  readonly signOn?: SignOnValve | undefined
}

const REQUESTS_PER_REPORT = 100

/** Goes on with the request, or, given an error, with its error handlers. */
export type NextFunction = (error?: unknown) => void
/** What express, connect and their like call. */
export type Middleware = (req: IncomingMessage, res: ServerResponse, next: NextFunction) => void

/**
 * Gives requests their session and commits what they change before their answer starts (Tomcat's ReplicationValve, and its JvmRouteBinderValve). The answer
 * waits until as many members as asked hold the change, so that no redirect outruns its session; an answer whose session did not change waits for nothing.
 *
 * Changes made after the headers are out are committed when the answer ends or its client goes; no cookie can tell the client of them any more. Changes
 * made after that need `req.session.save()`.
 */
export class ReplicationValve {
  /** Always counted. */
  readonly statistics: ValveStatistics
  readonly #components: ReplicationValveComponents
  readonly #options: ReplicationValveOptions
  readonly #context: ValveContext
  readonly #filter: RequestFilter

  /** Throws BadSecretsError, BadCookieOptionError, BadJvmRouteError, BadFilterError. `own`: see `variant`. */
  constructor(
    components: ReplicationValveComponents,
    options: ReplicationValveOptions,
    own: Partial<ReplicationValveOptions> = {},
  ) {
    this.#components = components
    this.#options = options
    this.statistics = components.statistics ?? new ValveStatistics()
    const resolved = resolveValveOptions(options)
    this.#filter = new RequestFilter(options.filter)
    const logger = components.logger ?? silentLogger
    this.#context = {
      manager: components.manager,
      logger,
      forgeries: new ForgeryWatch(logger, this.statistics),
      warnings: new OneTimeWarnings(logger),
      connect: options.connectSid?.secret === undefined ? undefined : new ConnectCookies(options.connectSid),
      jar: new CookieJar(new CookieSigner(options.secrets), resolved.cookie.name),
      binder: new JvmRouteBinder(options.jvmRoute),
      accessors: new AttributeAccessors(),
      statistics: this.statistics,
      signOn: components.signOn,
      options: resolved,
      locks: new ValveLocks(components.manager.locks, options.lock, components.routes),
      own: { policy: policyIn(own), hasFixed: hasFixed(own) },
    }
  }

  /** With `lock.mode` 'auto': what has been learned of the routes. */
  get routes(): WritingRoutes {
    return this.#context.locks.routes
  }

  /**
   * A valve for a part of the application, with `own` in place of what this one was told, and the same statistics. On a request that has its session from this
   * one already, what `own` says of acknowledge, whenStale, rolling, saveUninitialized and unset holds from there on. Throws as the constructor does.
   */
  variant(own: Partial<ReplicationValveOptions>): ReplicationValve {
    const { statistics, routes } = this
    return new ReplicationValve({ ...this.#components, statistics, routes }, { ...this.#options, ...own }, own)
  }

  /**
   * Finds the request's session. True, at once, when the request may go on: always so when this node has the session or there is none to be had. A promise
   * while other nodes are asked. False when the request has been answered (`whenStale: 'refuse'`). Throws, or rejects with, what the manager throws.
   */
  run(req: IncomingMessage, res: ServerResponse): boolean | Promise<boolean> {
    const first = exchangeOf(req)
    if (!first) {
      this.#counted()
      shareShape(req, res)
    }
    if (this.#filter.matches(req)) {
      if (!first) this.statistics.nrOfFilterRequests++
      return true
    }
    if (first) return first.follow(this.#context)
    if (hasForeignSession(req)) {
      this.#context.warnings.say('foreignSession', { url: loggedPath(req) })
      return true
    }
    const exchange = new SessionExchange(this.#context, req, res)
    attachExchange(req, exchange)
    return exchange.open()
  }

  /**
   * The session of a request that gets no HTTP answer, an upgrade to a WebSocket or a message on one: as it is now, so ask again for each message.
   * Undefined when the client has none, or it has ended. What is changed needs `session.save()`. A new id cannot reach the client: leave `regenerate`
   * and `changeId` to HTTP requests. `filter` does not matter here. Rejects with StaleSessionError (`whenStale: 'refuse'`) and what the manager throws.
   */
  async session(req: IncomingMessage): Promise<Session | undefined> {
    const visit = await this.visit(req)
    return visit.isKnown ? visit.session : undefined
  }

  /** The same for whoever can take a cookie to the client, and so may make sessions, end them and give them new ids. */
  async visit(req: IncomingMessage): Promise<SessionVisit> {
    this.#counted()
    const exchange = new SessionExchange(this.#context, req)
    await exchange.open()
    return exchange
  }

  /** Of the cookies that can name a session. */
  get cookieNames(): readonly string[] {
    const { options, connect } = this.#context
    return connect ? [options.cookie.name, connect.name] : [options.cookie.name]
  }

  /** Middleware for express and connect. `next` is called in the same turn unless other nodes must be asked. */
  express(): Middleware {
    return (req, res, next) => this.#proceed(req, res, next)
  }

  /** A listener for `http.createServer` in front of `handler`. */
  nodeHttp(handler: RequestListener): RequestListener {
    return (req, res) => {
      const goesOn = this.run(req, res)
      if (goesOn === true) return handler(req, res)
      if (goesOn === false) return undefined
      return goesOn.then(goes => (goes ? handler(req, res) : undefined))
    }
  }

  #counted(): void {
    this.statistics.nrOfRequests++
    if (this.#options.statistics && this.statistics.nrOfRequests % REQUESTS_PER_REPORT === 0)
      this.#context.logger.info({ ...this.statistics }, statisticsText(this.statistics))
  }

  #proceed(req: IncomingMessage, res: ServerResponse, next: NextFunction): void {
    let goesOn: boolean | Promise<boolean>
    try {
      goesOn = this.run(req, res)
    } catch (error) {
      return next(error)
    }
    if (goesOn === true) return next()
    if (goesOn === false) return
    // Two functions, not a catch: an error thrown by `next` is not this valve's.
    goesOn.then(goes => (goes ? next() : undefined), next)
  }
}
