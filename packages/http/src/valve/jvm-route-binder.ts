import { BadJvmRouteError } from '../errors.js'

const ROUTE = /^[A-Za-z0-9_-]{1,64}$/

/**
 * Keeps a client with the node that answers it (Tomcat's JvmRouteBinderValve): the route is the last part of the cookie, where balancers look, and a
 * cookie that names another node is sent back with our name. It stands outside the signature, so neither the id nor the signature changes. It is a
 * hint for balancers and nothing else.
 */
export class JvmRouteBinder {
  readonly #jvmRoute: string | undefined

  /** Throws BadJvmRouteError. Without a route, cookies have none and none is foreign. */
  constructor(jvmRoute: string | undefined) {
    if (jvmRoute !== undefined && !ROUTE.test(jvmRoute)) throw new BadJvmRouteError(jvmRoute)
    this.#jvmRoute = jvmRoute
  }

  isForeign(route: string | undefined): boolean {
    return this.#jvmRoute !== undefined && route !== this.#jvmRoute
  }

  bind(signed: string): string {
    return this.#jvmRoute === undefined ? signed : `${signed}.${this.#jvmRoute}`
  }

  /** The other node that the client's cookie named, if what it wrote there can be a name at all. */
  originalRoute(route: string | undefined): string | undefined {
    return route !== undefined && route !== this.#jvmRoute && ROUTE.test(route) ? route : undefined
  }
}
