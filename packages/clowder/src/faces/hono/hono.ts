import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Session } from '@clowder/http'
import type { HttpBindings } from '@hono/node-server'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import type { Context, MiddlewareHandler } from 'hono'
import type { Cluster } from '../../cluster/cluster.js'
import { assertCluster } from '../../cluster/face-calls.js'
import { NoNodeRequestError } from '../../errors.js'
import type { MountOptions } from '../../options/mount-options.js'

/** `new Hono<ClowderEnv>()`, so that `c.get('session')` and `c.var.session` are typed. */
export interface ClowderEnv {
  Bindings: HttpBindings
  Variables: {
    /** Undefined where the valve's `filter` matches, and after `destroy`. The first read makes a session if there is none. */
    session: Session
  }
}

/**
 * `app.use(hono(cluster))` gives everything below it `c.get('session')` and `c.var.session`. Only on @hono/node-server; a request without Node's own ends
 * with NoNodeRequestError (`CLOWDER_NO_NODE_REQUEST`), which `app.onError` sees. `options` as for `cluster.express`.
 */
export function hono(cluster: Cluster, options?: MountOptions): MiddlewareHandler<ClowderEnv> {
  assertCluster(cluster, 'app.use(hono(cluster))')
  const valve = cluster.valve(options)
  return async (c, next) => {
    const { incoming, outgoing } = nodeRequestOf(c)
    giveSession(c, incoming)
    const goesOn = valve.run(incoming, outgoing)
    if (goesOn === true || (await goesOn)) return next()
    return RESPONSE_ALREADY_SENT
  }
}

/** `app.request()` gives no bindings at all, other runtimes give theirs. */
function nodeRequestOf({ env }: Context<ClowderEnv>): { incoming: IncomingMessage; outgoing: ServerResponse } {
  const { incoming, outgoing } = (env ?? {}) as Partial<HttpBindings>
  if (!incoming || !outgoing) throw new NoNodeRequestError()
  return { incoming, outgoing }
}

/** Hono keeps values, and a session that is asked for is made: so it is looked up when it is read, also because `regenerate` replaces it. */
function giveSession(c: Context<ClowderEnv>, incoming: IncomingMessage): void {
  const get = c.get as (name: string) => unknown
  c.get = ((name: string) => (name === 'session' ? incoming.session : get(name))) as typeof c.get
  const session = { configurable: true, enumerable: true, get: () => incoming.session }
  const variables = () => Object.defineProperty(Reflect.get(Object.getPrototypeOf(c), 'var', c), 'session', session)
  Object.defineProperty(c, 'var', { configurable: true, get: variables })
}
