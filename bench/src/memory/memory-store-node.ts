/* One process that keeps sessions in express-session's MemoryStore. Takes the same commands as state/state-node.ts; with nothing in it, it is an idle process. Ends with its input. */
import session from 'express-session'
import { serveLines } from '../process/line-commands.js'
import { LoopWatch } from '../process/loop-watch.js'
import { memoryUse } from '../process/memory-use.js'

const TURN = 200
const CHURN_TURN = 20
const STRIDE = 7_919

const store = new session.MemoryStore()
const watch = new LoopWatch()
let sessions = 0

function write(number: number, bytes: number) {
  const cookie = new session.Cookie()
  store.set(`session-${number}-`.padEnd(32, 'x'), { cookie, value: `${number}`.padEnd(bytes, 'x') } as never)
}

async function fill(count: number, bytes: number, first: number) {
  for (let i = first; i < first + count; i++) {
    write(i, bytes)
    if (i % TURN === TURN - 1) await new Promise(setImmediate)
  }
  sessions += count
  return { sessions }
}

async function churn(seconds: number, of: number, bytes: number) {
  const startedMs = performance.now()
  let writes = 0
  while (performance.now() < startedMs + seconds * 1000) {
    for (let n = 0; n < CHURN_TURN; n++) write((writes++ * STRIDE) % of, bytes)
    await new Promise(setImmediate)
  }
  return { writes, created: 0, seconds: (performance.now() - startedMs) / 1000 }
}

await serveLines(
  {},
  {
    fill: (count, bytes, first = '0') => fill(Number(count), Number(bytes), Number(first)),
    churn: (seconds, of, bytes) => churn(Number(seconds), Number(of), Number(bytes)),
    sessions: () => ({ sessions }),
    looped: () => watch.figures(),
    memory: () => memoryUse(),
  },
)
