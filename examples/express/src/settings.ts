import type { ClusterOptions } from 'clowder'

export interface Settings {
  /** Where the app listens. */
  readonly port: number
  readonly cluster: ClusterOptions
}

/** From the environment, as a deployment would give them. CLOWDER_SECRET is read by `createCluster` itself. */
export function readSettings({ PORT = '3000', ROUTE, CLUSTER_PORT, MEMBERS }: NodeJS.ProcessEnv): Settings {
  return {
    port: Number(PORT),
    cluster: {
      distributable: true,
      ...(ROUTE && { jvmRoute: ROUTE }),
      membership: {
        ...(CLUSTER_PORT && { port: Number(CLUSTER_PORT) }),
        ...(MEMBERS && { members: MEMBERS.split(',') }),
      },
    },
  }
}
