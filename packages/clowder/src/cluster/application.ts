import type { RequestListener } from 'node:http'
import type { DeltaManager } from '@clowder/ha'
import type { Middleware, ReplicationValve } from '@clowder/http'

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
    return this.#valve.express()
  }

  /** The same for `http.createServer`, in front of `handler`. */
  nodeHttp(handler: RequestListener): RequestListener {
    return this.#valve.nodeHttp(handler)
  }
}
