import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type LabNetwork, portOf } from '../network/lab-network.js'
import { runCommand } from '../network/namespace.js'
import type { RelayWeather } from './fault.js'

const RELAY = fileURLToPath(new URL('../network/relay.py', import.meta.url))

/**
 * Bad weather on a host's way to the others, in both directions: its cable is taken out of the bridge and a process passes the frames on.
 *
 *     without   eth0 ─ cable ─ bridge
 *     with      eth0 ─ cable ─ relay ─ detour ─ bridge
 */
export class Relays {
  readonly #network: LabNetwork
  readonly #active = new Map<string, ChildProcess>()
  /** One change at a time, whatever became of the one before: two faults may want the same host's cable. */
  #turn: Promise<void> = Promise.resolve()
  #count = 0

  constructor(network: LabNetwork) {
    this.#network = network
  }

  /** Nothing when this host already has its weather. */
  put(name: string, weather: RelayWeather): Promise<void> {
    return this.#inTurn(() => this.#put(name, weather))
  }

  take(name: string): Promise<void> {
    return this.#inTurn(() => this.#take(name))
  }

  async close(): Promise<void> {
    for (const name of [...this.#active.keys()]) await this.take(name)
  }

  #inTurn(change: () => Promise<void>): Promise<void> {
    const done = this.#turn.then(change)
    this.#turn = done.catch(() => {})
    return done
  }

  async #put(name: string, weather: RelayWeather): Promise<void> {
    if (this.#active.has(name)) return
    const [cable, near, far] = interfacesOf(this.#network, name)
    await ip('link', 'add', near, 'type', 'veth', 'peer', 'name', far)
    await ip('link', 'set', far, 'master', 'cluster', 'up')
    await ip('link', 'set', near, 'up')
    const relay = spawn('python3', [RELAY, cable, near, ...weatherArguments(weather), String(++this.#count)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await Promise.race([once(relay.stdout, 'data'), once(relay, 'exit')])
    if (relay.exitCode !== null) throw new Error(`the relay ended with ${relay.exitCode}`)
    this.#active.set(name, relay)
    await ip('link', 'set', cable, 'nomaster')
    relay.stdin.write('begin\n')
  }

  async #take(name: string): Promise<void> {
    const relay = this.#active.get(name)
    if (!relay) return
    this.#active.delete(name)
    const [cable, near] = interfacesOf(this.#network, name)
    const ended = relay.signalCode ?? relay.exitCode
    if (ended === null) {
      const gone = once(relay, 'exit')
      relay.kill('SIGKILL')
      await gone
    }
    await ip('link', 'del', near)
    await ip('link', 'set', cable, 'master', 'cluster')
    if (ended !== null) throw new Error(`the relay of ${name} ended by itself: ${ended}`)
  }
}

/** The host's own cable, and the two ends of its detour. */
function interfacesOf(network: LabNetwork, name: string): [string, string, string] {
  return [portOf(network.host(name)), `${name}-near`, `${name}-far`]
}

function weatherArguments({ delayMinMs, delayMaxMs, lossPercent, duplicatePercent }: RelayWeather): string[] {
  return [delayMinMs, delayMaxMs, lossPercent, duplicatePercent].map(String)
}

function ip(...args: string[]): Promise<string> {
  return runCommand('ip', args)
}
