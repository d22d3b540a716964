// One application instance of the bed, in a process and a network namespace of its own. Its options come in the first argument; what happens goes out by IPC.
import { createServer } from 'node:http'
import { nodeClock } from '@clowder/node'
import { createCluster } from 'clowder'
import { asksOf } from './app/asks.mjs'
import { reportEvents } from './app/report-events.mjs'
import { requestListener } from './app/request-listener.mjs'
import { abandoned, tell, watchProcess } from './app/tell.mjs'
import { watchManager } from './app/watch-manager.mjs'

const options = JSON.parse(process.argv[2])
watchProcess()

/** Wall time as this host believes it to be: `shiftMs` is what the bed's clock faults change. */
const { env } = process
const wall = { shiftMs: Number(env.TORTURE_WALL_SHIFT_MS ?? 0) }
const clock = { ...nodeClock, wallTime: () => Date.now() + wall.shiftMs }
const logger = newLogger()

tell({ type: 'starting' })
try {
  const cluster = await createCluster({ ...options.cluster, logger }, { clock })
  const requests = watchManager(cluster.manager)
  reportEvents(cluster)
  const server = createServer(requestListener(cluster, requests))
  const asks = asksOf(cluster, wall)
  process.on('message', async ({ ask, number, ...fields }) =>
    tell({ type: 'answer', number, value: await asks[ask](fields) }),
  )
  // It may be asked more than once; a second signal without a handler would be the end at once.
  let stopping
  process.on('SIGTERM', () => (stopping ??= server.close(() => cluster.stop().then(leave))))
  server.listen(options.http.port, options.http.host, () =>
    tell({ type: 'ready', members: cluster.members().map(m => m.name) }),
  )
} catch (error) {
  tell({ type: 'failed', code: error.code, message: error.message })
  process.exitCode = 1
  process.disconnect()
}

/** It must end by itself: whatever is left open keeps it, and is noticed. */
function leave() {
  process.off('disconnect', abandoned)
  process.disconnect()
}

/** Lines go to the process's log file; an error is trouble besides. */
function newLogger() {
  const line = level => (fields, message) => {
    const why = fields.err ? ` (${fields.err.stack ?? fields.err})` : ''
    process.stderr.write(`${new Date().toISOString()} ${level} ${message}${why}\n`)
    if (level === 'error') tell({ type: 'trouble', trouble: 'logged-error', what: `${message}${why}` })
  }
  return { debug() {}, info: line('info'), warn: line('warn'), error: line('error') }
}
