import type { IncomingMessage, RequestListener } from 'node:http'
import type { DeltaManager, SessionListener } from '@clowder/ha'
import type { Middleware, ReplicationValve, Session } from '@clowder/http'
import { assertExpressCall, assertNodeHttpCall } from './face-calls.js'

/** One of several applications in this process: sessions of its own, in a cookie of its own. */
export class Application {
  readonly name: string
  readonly manager: DeltaManager
  readonly #valve: ReplicationValve

  constructor(name: string, manager: DeltaManager, valve: ReplicationValve) {
    this.name = name
    this.manager = manager
    this.#valve = valve
  }

  /** Middleware for express and connect: gives every request its `req.session`. */
  express(): Middleware {
    assertExpressCall(this instanceof Application)
    return this.#valve.express()
  }

  /** The same for `http.createServer`, in front of `handler`. */
  nodeHttp(handler: RequestListener): RequestListener {
    assertNodeHttpCall(this instanceof Application, handler)
    return this.#valve.nodeHttp(handler)
  }

  /**
   * The session that the client of `req` has in this application, for a request that another one answers (Tomcat: crossContext): when its cookie comes along, which its path
   * and domain decide. Undefined when there is none; changes need `session.save()`. Rejects with StaleSessionError (`HTTP_STALE_SESSION`).
   */
  session(req: IncomingMessage): Promise<Session | undefined> {
    return this.#valve.session(req)
  }

  /** As `cluster.addListener`, for the sessions of this application. */
  addListener(listener: SessionListener): this {
    this.manager.listeners.add(listener)
    return this
  }

  /** Takes back what `addListener` was given. */
  removeListener(listener: SessionListener): this {
    this.manager.listeners.remove(listener)
    return this
  }
}
