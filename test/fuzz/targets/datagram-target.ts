import { createSocket, type Socket } from 'node:dgram'
import { seal, VOICE_BYTES, voiceKeysOf } from '../../../packages/node/src/secure/sealed-datagram.js'
import { SecretKey } from '../../../packages/node/src/secure/secret-key.js'
import { type Datagram, encodeDatagram } from '../../../packages/tribes/src/wire/datagram.js'
import { heartbeats } from '../../golden/kinds/heartbeats.js'
import type { CollectedMemory } from '../collected-memory.js'
import type { FuzzTarget } from '../target.js'
import { PAIR_SECRET } from './live-member.js'
import { LivePair } from './live-pair.js'

const GROUP = '228.0.0.4'
/** So many are on their way before somebody reads: as many as libuv reads in one turn, so that none is dropped. */
const BURST = 32
const RESTS_PER_CHECK = 40

/** Mutated heartbeats to the group of two real members, from a socket in the same process; sealed, and members with a secret, if so wanted. */
export class DatagramTarget implements FuzzTarget {
  readonly name: string
  readonly isLive = true
  readonly seeds: readonly Uint8Array[]
  readonly #pair: LivePair
  readonly #socket: Socket
  #waiting: Buffer[] = []
  #rests = 0

  static async started(isSealed: boolean): Promise<DatagramTarget> {
    const name = isSealed ? 'fuzzed-seals' : 'fuzzed-datagrams'
    const pair = await LivePair.here(name, isSealed ? 'secret' : 'open')
    const socket = createSocket('udp4')
    await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
    socket.setMulticastInterface('127.0.0.1')
    return new DatagramTarget(pair, socket, isSealed)
  }

  private constructor(pair: LivePair, socket: Socket, isSealed: boolean) {
    this.name = isSealed ? 'sealed-udp' : 'udp'
    this.#pair = pair
    this.#socket = socket
    const own = heartbeats.samples.map(([, value]) => ({ ...(value as Datagram), clusterName: pair.name }))
    const plain = [...own.map(encodeDatagram), ...heartbeats.samples.map(([, value]) => heartbeats.encode(value))]
    this.seeds = isSealed ? [...plain, ...plain.map((text, i) => forged(pair.name, text, i + 1))] : plain
  }

  feed(bytes: Buffer): boolean {
    this.#waiting.push(Buffer.from(bytes))
    return true
  }

  async rest(): Promise<void> {
    const datagrams = this.#waiting
    this.#waiting = []
    for (let i = 0; i < datagrams.length; i += BURST) {
      await Promise.all(datagrams.slice(i, i + BURST).map(bytes => this.#send(bytes)))
      await new Promise(resolve => setImmediate(resolve))
    }
    if (++this.#rests % RESTS_PER_CHECK === 0) await this.#pair.check()
  }

  memory(): Promise<CollectedMemory> {
    return this.#pair.memory()
  }

  notes(): Promise<string> {
    return this.#pair.notes()
  }

  async close(): Promise<void> {
    try {
      await this.#pair.check()
    } finally {
      this.#socket.close()
      await this.#pair.close()
    }
  }

  /** A full buffer is no matter. */
  #send(bytes: Buffer): Promise<void> {
    return new Promise(resolve => this.#socket.send(bytes, this.#pair.groupPort, GROUP, () => resolve()))
  }
}

/** As a member would say it, but for one bit of its seal. */
function forged(clusterName: string, text: Uint8Array, counter: number): Buffer {
  const key = new SecretKey(PAIR_SECRET, clusterName)
  const voice = Buffer.alloc(VOICE_BYTES, counter)
  const sealed = seal(key, voiceKeysOf(key, voice), voice, counter, text)
  sealed[sealed.length - 1]! ^= 1
  return sealed
}
