/*
 * One application node: `app-server.js FRAMEWORK SESSION PORT`, where PORT is the cluster's multicast port or that of the store. Says its HTTP port, how long
 * `createCluster` took and how many sessions there were then, answers `members`, `sessions` and `doubts`, and ends with its input.
 */
import { performance } from 'node:perf_hooks'
import { type Cluster, createCluster } from 'clowder'
import { serveLines } from '../process/line-commands.js'
import { clusterOptions } from './app-cluster.js'
import { listenExpress } from './express-app.js'
import { listenFastify } from './fastify-app.js'
import { listenNodeHttp } from './node-http-app.js'
import { type Doubts, type Framework, isClowder, type SessionKind } from './system.js'

/** What a node says first, Tomcat too. */
export interface ReadyNode {
  readonly port: number
  /** Zero where there is no cluster. */
  readonly clusterPort: number
  readonly startMs: number
  readonly sessions: number
}

const [framework, kind, portText] = process.argv.slice(2) as [Framework, SessionKind, string]
const port = Number(portText)

const startedAt = performance.now()
const cluster = isClowder(kind) ? await createCluster(clusterOptions(kind, port)) : undefined
const startMs = performance.now() - startedAt
const sessionsAtStart = sessions()

function listen(): Promise<number> {
  if (framework === 'node:http') return listenNodeHttp(kind, cluster)
  return framework === 'fastify' ? listenFastify(kind, port, cluster) : listenExpress(kind, port, cluster)
}

function sessions(): number {
  return cluster?.manager.inspect().sessions ?? 0
}

/** What the cluster itself says of answers that may be behind; zeros where there is none. */
function doubts(): Doubts {
  const { nrOfDegradedCommits = 0, nrOfStaleAnswers = 0 } = cluster?.inspect().valve ?? {}
  return { degraded: nrOfDegradedCommits, stale: nrOfStaleAnswers }
}

function clusterPortOf(running: Cluster | undefined): number {
  return kind === 'clowder-local' ? 0 : (running?.localMember().port ?? 0)
}

const ready: ReadyNode = {
  port: await listen(),
  clusterPort: clusterPortOf(cluster),
  startMs,
  sessions: sessionsAtStart,
}
await serveLines(ready, {
  members: () => ({ members: cluster?.members().length ?? 0 }),
  sessions: () => ({ sessions: sessions() }),
  doubts,
})
