import type { ClusterOptions } from 'clowder'
import type { SessionKind } from './system.js'

const LOOPBACK = '127.0.0.1'
/** So its connections are encrypted, as in production. */
const SECRET = 'the same on all nodes, and long enough'

/** Defaults but for where it listens and how it acknowledges. */
export function clusterOptions(kind: SessionKind, multicastPort: number): ClusterOptions {
  const common = { secret: SECRET, logger: false as const }
  if (kind === 'clowder-local') return { ...common, distributable: false }
  return {
    ...common,
    name: `bench-${multicastPort}`,
    membership: { port: multicastPort, bind: LOOPBACK },
    receiver: { address: LOOPBACK, port: 0 },
    manager: { acknowledge: kind.slice('clowder-'.length) as 'async' | 'backup' | 'all' },
  }
}
