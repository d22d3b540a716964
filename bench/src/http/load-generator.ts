/*
 * The users: clients over keep-alive connections, in a process of their own whose CPU time is kept apart. Commands: `prepare PLAN` connects and makes a
 * session per client, `go SECONDS` sends, `each WORK` sends one request of each client, `move PORTS` connects the same clients elsewhere, `close` disconnects.
 */
import { serveLines } from '../process/line-commands.js'
import { Latencies } from '../tribes/latencies.js'
import type { Work } from './http-case.js'
import { LoadClient } from './load-client.js'
import type { LoadCount, LoadFigures, LoadPlan } from './load-plan.js'
import { RequestPace } from './request-pace.js'

const latencies = new Latencies()
let plan: LoadPlan
let clients: LoadClient[] = []

async function prepare(text: string): Promise<void> {
  plan = JSON.parse(text) as LoadPlan
  clients = Array.from({ length: plan.clients }, (_, number) => new LoadClient(number, plan.isChecked))
  await connectTo(plan.ports)
  if (plan.work !== 'new') await each('write')
}

async function move(ports: string): Promise<void> {
  for (const client of clients) client.close()
  await connectTo(JSON.parse(ports) as number[])
}

function connectTo(ports: readonly number[]): Promise<unknown> {
  const portsOf = (number: number) => (plan.isSticky ? [ports[number % ports.length]!] : ports)
  return Promise.all(clients.map((client, number) => client.connect(portsOf(number))))
}

function each(work: Work): Promise<LoadFigures> {
  return measured(async (client, count) => latencies.add(await client.send(work, count)))
}

function go(seconds: string): Promise<LoadFigures> {
  const endsAt = performance.now() + Number(seconds) * 1000
  const { perSecond, work } = plan
  if (perSecond === undefined) return measured((client, count) => keepSending(client, work, count, endsAt))
  const pace = new RequestPace(perSecond, endsAt)
  return measured(async (client, count) => {
    while (await pace.isDue()) latencies.add(await client.send(work, count))
  })
}

async function keepSending(client: LoadClient, work: Work, count: LoadCount, endsAt: number): Promise<void> {
  while (performance.now() < endsAt) latencies.add(await client.send(work, count))
}

async function measured(send: (client: LoadClient, count: LoadCount) => Promise<void>): Promise<LoadFigures> {
  const count: LoadCount = { requests: 0, wrong: 0, failed: 0 }
  const startedAt = performance.now()
  await Promise.all(clients.map(client => send(client, count)))
  return { ...count, seconds: (performance.now() - startedAt) / 1000, ...latencies.figures() }
}

function close(): void {
  for (const client of clients) client.close()
}

await serveLines({}, { prepare, go, each: work => each(work as Work), move, close })
