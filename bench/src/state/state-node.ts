/*
 * One member of a cluster without HTTP: `state-node.js PORT OPTIONS`, where PORT is the multicast port and OPTIONS are words: `waits` if its start waits for the others'
 * sessions, `plain` if there is no secret, `unwatched` if nothing looks at its event loop, which costs CPU time itself. Says when it was ready, in ms since it began to
 * create the cluster, and what that took of the CPU; then answers commands, and ends with its input.
 */
import { createCluster } from 'clowder'
import { serveLines } from '../process/line-commands.js'
import { LoopWatch } from '../process/loop-watch.js'
import { memoryUse } from '../process/memory-use.js'
import { monotonicUs } from '../process/monotonic.js'
import { SentBytes } from '../process/sent-bytes.js'
import { MemberSessions } from './member-sessions.js'

const SECRET = 'the same on all members, and long enough'
const US_PER_SECOND = 1_000_000
const WAIT_SECONDS = 120

const [port, ...options] = process.argv.slice(2) as [string, ...string[]]
const sent = new SentBytes()
const startedMs = performance.now()
const startedCpu = process.cpuUsage()
const cluster = await createCluster({
  ...(options.includes('plain') ? {} : { secret: SECRET }),
  logger: false,
  name: `state-${port}`,
  membership: { port: Number(port), bind: '127.0.0.1' },
  receiver: { port: 0, address: '127.0.0.1' },
  manager: { stateTransferTimeout: options.includes('waits') ? WAIT_SECONDS : 0 },
})
const { manager } = cluster
const sessions = new MemberSessions(manager)
const watch = options.includes('unwatched') ? undefined : new LoopWatch()
const goneAtUs: number[] = []
cluster.on('memberDisappeared', () => void goneAtUs.push(monotonicUs()))

function secondsSince(before?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / US_PER_SECOND
}

await serveLines(
  { readyMs: performance.now() - startedMs, cpuSeconds: secondsSince(startedCpu) },
  {
    members: () => ({ members: cluster.members().length }),
    gone: () => ({ atUs: goneAtUs }),
    sessions: () => ({ sessions: manager.inspect().sessions }),
    fill: (count, bytes, first = '0', attributes = '1') =>
      sessions.fill(Number(count), Number(bytes), Number(first), Number(attributes)),
    change: (count, of, text) => sessions.change(Number(count), Number(of), text!),
    changed: (count, of, text) => sessions.changed(Number(count), Number(of), text!),
    load: number => sessions.load(Number(number)),
    churn: (seconds, of, bytes, perSecond) =>
      sessions.churn(Number(seconds), Number(of), Number(bytes), Number(perSecond ?? Number.POSITIVE_INFINITY)),
    rewrite: (seconds, of, bytes) => sessions.rewrite(Number(seconds), Number(of), Number(bytes)),
    looped: () => watch?.figures(),
    memory: () => memoryUse(),
    used: () => ({ cpuSeconds: secondsSince(), sentBytes: sent.total, atMs: performance.now() }),
  },
)
