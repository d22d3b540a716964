// Does each fault of the network to two hosts that only talk with each other, and tells what they felt of it, as JSON: a fault that does nothing would be found by no schedule.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { RelayWeather } from '../faults/fault.js'
import { linkDown, linkUp, slowDown, speedUp } from '../faults/link-faults.js'
import { cutBetween, lossEverywhere, oneWay, resetsBetween } from '../faults/partitions.js'
import { Relays } from '../faults/relays.js'
import { type LabHost, LabNetwork } from '../network/lab-network.js'
import { type FilterRule, PacketFilter } from '../network/packet-filter.js'

const PEER = fileURLToPath(new URL('peer.mjs', import.meta.url))
const GROUP = '228.0.0.4'
const PORT = 4_000
const SAID = 100
const MANY_BYTES = 100_000
/** Nothing that was said is on its way any more. */
const ARRIVED_MS = 250

/** What two hosts felt of each other while something was done to the network. */
export interface Felt {
  /** Datagrams that came to each, of a hundred. */
  readonly heard: Readonly<Record<string, number>>
  /** How long it took until what the first said came back to it on a connection that was open before, ms, or what became of that. */
  readonly echo: number | string
}

export interface Probed {
  readonly felt: Readonly<Record<string, Felt>>
  /** What was said of a relay that had died when it was to be taken away. */
  readonly died: string
}

class Peer {
  readonly host: LabHost
  readonly #child: ChildProcess
  #asked = 0

  constructor(host: LabHost) {
    this.host = host
    const [execPath, ...execArgv] = [...host.namespace.enter, 'setpriv', '--pdeathsig', 'KILL', process.execPath]
    const options = { host: host.clusterHost, group: GROUP, port: PORT }
    this.#child = fork(PEER, [JSON.stringify(options)], { execPath: execPath!, execArgv })
  }

  async started(): Promise<void> {
    await once(this.#child, 'message')
  }

  async ask<T>(ask: string, fields: object = {}): Promise<T> {
    const number = ++this.#asked
    this.#child.send({ ask, number, ...fields })
    for (;;) {
      const [answer] = await once(this.#child, 'message')
      if (answer.number === number) return answer.value
    }
  }
}

const network = await LabNetwork.open(['n1', 'n2'])
const filter = new PacketFilter(network.hosts)
const relays = new Relays(network)
const peers = network.hosts.map(host => new Peer(host))
await Promise.all(peers.map(peer => peer.started()))
const names = ['n1', 'n2']
const n1 = network.host('n1')

const filtered = (rules: readonly FilterRule[]) =>
  felt(
    () => filter.add(rules),
    () => filter.remove(rules),
  )
const relayed = (weather: Partial<RelayWeather>) =>
  felt(
    () => relays.put('n1', { delayMinMs: 0, delayMaxMs: 0, lossPercent: 0, duplicatePercent: 0, ...weather }),
    () => relays.take('n1'),
  )
const nothing = async () => {}

const all: Record<string, Felt> = {
  nothing: await felt(nothing, nothing, MANY_BYTES),
  cut: await filtered(cutBetween(['n1'], ['n2'])),
  'one way': await filtered(oneWay('n1', 'n2')),
  'heartbeat loss': await filtered(lossEverywhere(names, 30, 'udp')),
  loss: await filtered(lossEverywhere(names, 30)),
  'no multicast': await filtered(lossEverywhere(names, 100, 'udp')),
  resets: await filtered(resetsBetween('n1', 'n2')),
  'link down': await felt(
    () => linkDown(n1),
    () => linkUp(n1),
  ),
  slow: await felt(
    () => slowDown(n1),
    () => speedUp(n1),
    MANY_BYTES,
  ),
  late: await relayed({ delayMinMs: 100, delayMaxMs: 150 }),
  twice: await relayed({ duplicatePercent: 50 }),
  'lossy relay': await relayed({ lossPercent: 30 }),
}
await relays.put('n1', { delayMinMs: 0, delayMaxMs: 0, lossPercent: 0, duplicatePercent: 0 })
killRelay()
await delay(100)
const died = await relays.take('n1').then(
  () => 'nobody noticed',
  error => error.message,
)
all['nothing any more'] = await felt(nothing, nothing, MANY_BYTES)
await relays.close()
process.stdout.write(`${JSON.stringify({ felt: all, died } satisfies Probed)}\n`)
process.exit()

/** It is a child of this process. */
function killRelay(): void {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number)
  for (const pid of children)
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('relay.py')) process.kill(pid, 'SIGKILL')
}

async function felt(begin: () => Promise<void>, end: () => Promise<void>, bytes = 1): Promise<Felt> {
  const [one, other] = peers as [Peer, Peer]
  await one.ask('connect', { to: other.host.clusterHost })
  await begin()
  for (const peer of peers) await peer.ask('heard')
  await Promise.all(peers.map(peer => peer.ask('say', { count: SAID })))
  await delay(ARRIVED_MS)
  const heard: Record<string, number> = {}
  for (const peer of peers) heard[peer.host.name] = await peer.ask<number>('heard')
  const echo = await one.ask<number | string>('echo', { bytes })
  await end()
  return { heard, echo }
}
