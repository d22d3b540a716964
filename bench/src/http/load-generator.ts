/*
 * The users: closed-loop clients over keep-alive connections, in a process of their own whose CPU time nobody counts. Commands: `prepare PLAN` connects
 * and creates a session per client, `go SECONDS` sends, `close` disconnects.
 */
import { serveLines } from '../process/line-commands.js'
import { Latencies, type LatencyFigures } from '../tribes/latencies.js'
import { LoadClient, type LoadCount } from './load-client.js'
import type { Arrangement, Work } from './system.js'

export interface LoadPlan {
  readonly ports: readonly number[]
  readonly clients: number
  readonly arrangement: Arrangement
  readonly work: Work
  /** Without a session there is no counter to check. */
  readonly isChecked: boolean
}

export interface LoadFigures extends LoadCount, LatencyFigures {
  readonly seconds: number
}

const latencies = new Latencies()
let plan: LoadPlan
let clients: LoadClient[] = []

async function prepare(text: string): Promise<void> {
  plan = JSON.parse(text) as LoadPlan
  const { arrangement, isChecked, ports } = plan
  clients = Array.from({ length: plan.clients }, (_, number) => new LoadClient(number, arrangement, isChecked))
  await Promise.all(clients.map(client => client.connect(ports)))
  await Promise.all(clients.map(client => once(client)))
}

/** The first request of each client makes its session, and is not measured. */
function once(client: LoadClient): Promise<void> {
  let left = 1
  return client.run(
    'write',
    { requests: 0, wrong: 0, failed: 0 },
    () => {},
    () => left-- === 0,
  )
}

async function go(seconds: string): Promise<LoadFigures> {
  const count: LoadCount = { requests: 0, wrong: 0, failed: 0 }
  const startedAt = performance.now()
  const endsAt = startedAt + Number(seconds) * 1000
  const isOver = () => performance.now() >= endsAt
  await Promise.all(clients.map(client => client.run(plan.work, count, us => latencies.add(us), isOver)))
  return { ...count, seconds: (performance.now() - startedAt) / 1000, ...latencies.figures() }
}

await serveLines(
  {},
  {
    prepare,
    go,
    close: () => {
      for (const client of clients) client.close()
    },
  },
)
