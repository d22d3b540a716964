import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Manager } from '@clowder/ha'
import { type Logger, silentLogger } from '@clowder/tribes'
import { CookieJar } from '../cookie/cookie-jar.js'
import { CookieSigner } from '../cookie/cookie-signer.js'
import { ValveLocks } from '../lock/valve-locks.js'
import type { WritingRoutes } from '../lock/writing-routes.js'
import { AttributeAccessors } from '../session/attribute-accessors.js'
import { ForgeryWatch } from './forgery-watch.js'
import { JvmRouteBinder } from './jvm-route-binder.js'
import { RequestFilter } from './request-filter.js'
import { SessionExchange } from './session-exchange.js'
import { attachExchange, exchangeOf } from './session-property.js'
import type { ValveContext } from './valve-context.js'
import { type ReplicationValveOptions, resolveValveOptions } from './valve-options.js'
import { ValveStatistics } from './valve-statistics.js'

export interface ReplicationValveComponents {
  readonly manager: Manager
  readonly logger?: Logger | undefined
}

export type NextFunction = (error?: unknown) => void
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
  readonly statistics = new ValveStatistics()
  readonly #context: ValveContext
  readonly #filter: RequestFilter

  /** Throws BadSecretsError, BadCookieOptionError, BadJvmRouteError, BadFilterError. */
  constructor(components: ReplicationValveComponents, options: ReplicationValveOptions) {
    const resolved = resolveValveOptions(options)
    this.#filter = new RequestFilter(options.filter)
    const logger = components.logger ?? silentLogger
    this.#context = {
      manager: components.manager,
      logger,
      forgeries: new ForgeryWatch(logger, this.statistics),
      jar: new CookieJar(new CookieSigner(options.secrets), resolved.cookie.name),
      binder: new JvmRouteBinder(options.jvmRoute),
      accessors: new AttributeAccessors(),
      statistics: this.statistics,
      options: resolved,
      locks: new ValveLocks(components.manager.locks, options.lock),
    }
  }

  /** With `lock.mode` 'auto': what has been learned of the routes. */
  get routes(): WritingRoutes {
    return this.#context.locks.routes
  }

  /**
   * Finds the request's session. True, at once, when the request may go on: always so when this node has the session or there is none to be had. A promise
   * while other nodes are asked. False when the request has been answered (`whenStale: 'refuse'`). Throws, or rejects with, what the manager throws.
   */
  run(req: IncomingMessage, res: ServerResponse): boolean | Promise<boolean> {
    this.statistics.nrOfRequests++
    if (this.#filter.matches(req)) {
      this.statistics.nrOfFilterRequests++
      return true
    }
    // Mounted twice: the first one has the session.
    if (exchangeOf(req)) return true
    const exchange = new SessionExchange(this.#context, req, res)
    attachExchange(req, exchange)
    return exchange.open()
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
