import type { IncomingMessage } from 'node:http'
import type { Session as ClowderSession } from '@clowder/http'
import type { Middleware } from 'koa'
import type { Cluster } from '../../cluster/cluster.js'
import { assertCluster } from '../../cluster/face-calls.js'
import type { MountOptions } from '../../options/mount-options.js'

declare module 'koa' {
  interface ExtendableContext {
    /** Undefined where the valve's `filter` matches, and after `destroy`. The first read makes a session if there is none. */
    session: ClowderSession
  }
}

/**
 * `app.use(koa(cluster))` gives everything below it `ctx.session`. What an error handler sends keeps the session's cookie too: Koa takes away the headers
 * that were set before an error, and the cookie is set when the answer starts. `options` as for `cluster.express`.
 */
export function koa(cluster: Cluster, options?: MountOptions): Middleware {
  assertCluster(cluster, 'app.use(koa(cluster))')
  const valve = cluster.valve(options)
  return async (ctx, next) => {
    Object.defineProperty(ctx, 'session', session)
    const goesOn = valve.run(ctx.req, ctx.res)
    if (goesOn === true || (await goesOn)) return next()
    ctx.respond = false
  }
}

/** `ctx.req` has it already, made at the first look. */
const session: PropertyDescriptor & ThisType<{ readonly req: IncomingMessage }> = {
  configurable: true,
  get() {
    return this.req.session
  },
  set(value: ClowderSession) {
    this.req.session = value
  },
}
