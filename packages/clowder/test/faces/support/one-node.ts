import type { Test } from 'tap'
import type { Cluster } from '../../../src/cluster/cluster.js'
import { createCluster } from '../../../src/create-cluster.js'

/** A cluster of one, without a socket: for what one framework does and the others do not. */
export async function oneNode(t: Test): Promise<Cluster> {
  const cluster = await createCluster({ distributable: false, logger: false })
  t.teardown(() => cluster.stop())
  return cluster
}

/** The session cookie, as a browser would send it back. */
export function cookieOf(setCookies: readonly string[] | string | undefined): string {
  return [setCookies ?? []]
    .flat()
    .find(line => line.startsWith('clowder.sid='))!
    .split(';')[0]!
}
