import { createCluster } from 'clowder'

/** The custom server has started it; `next start` starts it at the first session that is asked for. */
export function cluster() {
  globalThis.clowder ??= createCluster({
    name: 'example-next',
    distributable: process.env.NODE_ENV === 'production',
    valve: { cookie: { secure: process.env.NODE_ENV === 'production' } },
  })
  return globalThis.clowder
}
