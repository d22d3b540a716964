/*
 * One member of a cluster without HTTP: `state-node.js PORT WAITS`, where PORT is the multicast port and WAITS says whether its start waits for the others'
 * sessions. Says when it was ready, in ms since it began to create the cluster, and what that took of the CPU; then answers commands, and ends with its input.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { createCluster } from 'clowder'
import { serveLines } from '../process/line-commands.js'

const SECRET = 'the same on all members, and long enough'
const NS_PER_MS = 1_000_000
const US_PER_SECOND = 1_000_000
/** Sessions made in one turn of the loop, so that heartbeats and acknowledgements go on. */
const TURN = 200

const [port, waits] = process.argv.slice(2) as [string, string]
const startedMs = performance.now()
const startedCpu = process.cpuUsage()
const cluster = await createCluster({
  secret: SECRET,
  logger: false,
  name: `state-${port}`,
  membership: { port: Number(port), bind: '127.0.0.1' },
  receiver: { port: 0, address: '127.0.0.1' },
  manager: { acknowledge: 'async', stateTransferTimeout: waits === 'true' ? 120 : 0 },
})
const { manager } = cluster
const delay = monitorEventLoopDelay({ resolution: 1 })
delay.enable()

function idOf(i: number): string {
  return `session-${i}-`.padEnd(32, 'x')
}

/** New sessions of one attribute each, by number. */
async function fill(count: string, bytes: string, first = '0') {
  const from = Number(first)
  for (let i = from; i < from + Number(count); i++) {
    const session = manager.createSession(idOf(i))
    session.setAttribute('value', `${i}`.padEnd(Number(bytes), 'x'))
    manager.requestCompleted(session)
    if (i % TURN === TURN - 1) await new Promise(setImmediate)
  }
  return { sessions: manager.inspect().sessions }
}

/** Another value in each of so many sessions, spread over all. */
async function change(count: string, of: string, text: string) {
  const step = Math.floor(Number(of) / Number(count))
  for (let i = 0; i < Number(count); i++) {
    const found = manager.findSession(idOf(i * step))
    if (found.kind !== 'here') throw new Error(`session ${i * step} is ${found.kind}`)
    found.session.setAttribute('value', text)
    manager.requestCompleted(found.session)
    if (i % TURN === TURN - 1) await new Promise(setImmediate)
  }
}

/** How many of those show it. */
function changed(count: string, of: string, text: string) {
  const step = Math.floor(Number(of) / Number(count))
  let shown = 0
  for (let i = 0; i < Number(count); i++) {
    const found = manager.findSession(idOf(i * step))
    if (found.kind === 'here' && found.session.getAttribute('value') === text) shown++
  }
  return { shown }
}

/** One session for somebody who knows its id and has seen nothing of it. */
async function load(number: string) {
  const askedMs = performance.now()
  const found = await manager.loadSession(idOf(Number(number)))
  return { ms: performance.now() - askedMs, isHere: found.kind === 'here' }
}

function looped() {
  const { max } = delay
  const p99 = delay.percentile(99)
  delay.reset()
  return { p99Ms: p99 / NS_PER_MS, maxMs: max / NS_PER_MS }
}

function memory() {
  globalThis.gc?.()
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage()
  return { rss, heapUsed, arrayBuffers }
}

const worked = process.cpuUsage(startedCpu)
await serveLines(
  { readyMs: performance.now() - startedMs, cpuSeconds: (worked.user + worked.system) / US_PER_SECOND },
  {
    members: () => ({ members: cluster.members().length }),
    sessions: () => ({ sessions: manager.inspect().sessions }),
    fill,
    change,
    changed,
    load,
    looped,
    memory,
  },
)
