// By another name, because other packages add a `Session` to Fastify's module.
import type { Session as ClowderSession } from '@clowder/http'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import type { Cluster } from '../../cluster/cluster.js'
import { assertCluster } from '../../cluster/face-calls.js'
import type { MountOptions } from '../../options/mount-options.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined where the valve's `filter` matches, and after `destroy`. The first read makes a session if there is none. */
    session: ClowderSession
  }
}

/** What the plugin is registered with. */
export interface ClowderFastifyOptions {
  readonly cluster: Cluster
  /** As for `cluster.express`. */
  readonly options?: MountOptions
}

/** What fastify-plugin would put there: hooks and decorators are of whoever registers the plugin, not of a context of its own. */
const MANNERS = {
  [Symbol.for('skip-override')]: true,
  [Symbol.for('fastify.display-name')]: 'clowder',
  [Symbol.for('plugin-meta')]: { name: 'clowder', fastify: '5.x' },
}

/**
 * `await app.register(clowderFastify, { cluster })` gives every request `request.session`, from the first hook on. Hooks that need the session are
 * added after it. A request that the cluster refuses (`whenStale: 'refuse'`) is answered before any other hook has seen it.
 */
export const clowderFastify: FastifyPluginAsync<ClowderFastifyOptions> = Object.assign(plugin, MANNERS)

async function plugin(app: FastifyInstance, { cluster, options }: ClowderFastifyOptions): Promise<void> {
  assertCluster(cluster, 'await app.register(clowderFastify, { cluster })')
  const middleware = cluster.express(options)
  app.decorateRequest('session', {
    getter() {
      return this.raw.session
    },
    setter(value) {
      this.raw.session = value
    },
  })
  app.addHook('onRequest', (request, reply, done) =>
    middleware(request.raw, reply.raw, done as (error?: unknown) => void),
  )
}
