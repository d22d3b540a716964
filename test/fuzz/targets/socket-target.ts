import { nodeNetwork } from '@clowder/node'
import { member, type Network, silentLogger } from '@clowder/tribes'
import { MESSAGE, MESSAGE_HEADER_BYTES, WELCOME } from '../../../packages/tribes/src/wire/frame.js'
import { decodeFrame } from '../../../packages/tribes/src/wire/frame-decoder.js'
import { encodeFrame } from '../../../packages/tribes/src/wire/frame-encoder.js'
import { frames } from '../../golden/kinds/frames.js'
import { sessionMessages } from '../../golden/kinds/session-messages.js'
import type { Chance } from '../chance.js'
import { Chance as SeededChance } from '../chance.js'
import type { CollectedMemory } from '../collected-memory.js'
import { type FuzzTarget, isRefusal } from '../target.js'
import { LivePair } from './live-pair.js'
import { LiveStream } from './live-stream.js'
import { trustedNetwork } from './pair-network.js'

/** Each of these costs a connection: most are left out, and not counted. */
const SENT_OF_REFUSED = 64
/** These too, and they say nothing new. */
const SENT_OF_GOODBYES = 16
/** So many chunks go to a connection that has not said hello. */
const RAW_ONE_IN = 32
const RESTS_PER_CHECK = 40
/** Nothing listens there: whoever is told of us dials in vain. */
const NOBODY = 9
const HELLOS_OF_ONE = 20

/**
 * Mutated frames on the real socket of a real member, or in the encrypted stream on it, which has another one beside it: behind a good HELLO, from somebody it takes for a member; now and then in its place. What its
 * decoder refuses closes the connection, and the next one is opened.
 */
export class SocketTarget implements FuzzTarget {
  readonly name: string
  readonly isLive = true
  readonly seeds = [...frames.samples.map(([, value]) => frames.encode(value)), ...messageSeeds()]
  readonly #pair: LivePair
  readonly #network: Network
  readonly #chance: Chance = new SeededChance(1)
  #number = 0
  #hellos = 0
  #uniqueId: Uint8Array = new Uint8Array(16)
  #joined: Uint8Array = new Uint8Array(16)
  #rests = 0
  #frames: Buffer[] = []
  #connection: LiveStream | undefined

  /** `isSecured`: inside the encrypted stream, of somebody who has the secret. */
  static async started(isSecured: boolean): Promise<SocketTarget> {
    const name = isSecured ? 'fuzzed-secure-frames' : 'fuzzed-frames'
    const network = isSecured ? trustedNetwork(name, silentLogger) : nodeNetwork
    const pair = await LivePair.apart(name, isSecured ? 'trusted' : 'open')
    return new SocketTarget(isSecured ? 'secure-frames' : 'socket', pair, network)
  }

  private constructor(name: string, pair: LivePair, network: Network) {
    this.name = name
    this.#pair = pair
    this.#network = network
  }

  memory(): Promise<CollectedMemory> {
    return this.#pair.memory()
  }

  mend(bytes: Buffer): void {
    if (bytes.length >= 8) bytes.writeUInt32BE(bytes.length - 4, 0)
  }

  /** True: it will be sent. */
  feed(bytes: Buffer): boolean {
    const isRefused = !isWholeFrame(bytes)
    if (isRefused && this.#chance.below(SENT_OF_REFUSED) !== 0) return false
    if (isGoodbye(bytes) && this.#chance.below(SENT_OF_GOODBYES) !== 0) return false
    // A number from far ahead would have all that follow taken for repetitions.
    if (bytes[5] === MESSAGE && bytes.length >= MESSAGE_HEADER_BYTES) bytes.writeUIntBE(++this.#number, 8, 6)
    this.#frames.push(Buffer.from(bytes))
    return true
  }

  async rest(): Promise<void> {
    const frames = this.#frames
    this.#frames = []
    const isRaw = this.#chance.below(RAW_ONE_IN) === 0
    let batch: Buffer[] = []
    for (const frame of frames) {
      batch.push(frame)
      if (isWholeFrame(frame) && !isGoodbye(frame)) continue
      await this.#write(batch, isRaw)
      batch = []
      await this.#hangUp()
    }
    await this.#write(batch, isRaw)
    if (++this.#rests % RESTS_PER_CHECK === 0) await this.#pair.check()
  }

  notes(): Promise<string> {
    return this.#pair.notes()
  }

  async close(): Promise<void> {
    try {
      await this.#hangUp()
      await this.#pair.check()
    } finally {
      await this.#pair.close()
    }
  }

  /** Resolves when the kernel has it and a turn has passed. */
  async #write(batch: readonly Buffer[], isRaw: boolean): Promise<void> {
    if (batch.length === 0) return
    if (this.#connection?.isClosed !== false) this.#connection = await this.#open(isRaw)
    await this.#connection.write(Buffer.concat(batch))
  }

  async #hangUp(): Promise<void> {
    await this.#connection?.end()
    this.#connection = undefined
  }

  /** As a new one now and then, or, when it is not let in, as the last who was. */
  async #open(isRaw: boolean): Promise<LiveStream> {
    if (isRaw) return LiveStream.to(this.#network, this.#pair.address)
    if (this.#hellos++ % HELLOS_OF_ONE === 0) this.#uniqueId = newId(this.#chance)
    const connection = await this.#introduced()
    if (!connection.isClosed) return connection
    this.#uniqueId = this.#joined
    return this.#introduced()
  }

  /** Closed, when it was not let in. */
  async #introduced(): Promise<LiveStream> {
    const { name, address } = this.#pair
    const connection = await LiveStream.to(this.#network, address)
    await connection.write(this.#hello(name, address.uniqueId))
    const answer = await connection.answer
    if (answer?.[5] === WELCOME) this.#joined = this.#uniqueId
    else await connection.end()
    return connection
  }

  #hello(clusterName: string, expected: Uint8Array): Buffer {
    const us = { uniqueId: this.#uniqueId, host: '127.0.0.1', port: NOBODY, name: 'fuzzer', domain: '' }
    const hello = { type: 'hello', lowestProtocol: 1, highestProtocol: 1, clusterName, expected } as const
    return encodeFrame({ ...hello, member: member({ ...us, payload: new Uint8Array(0), aliveMs: 0 }) })
  }
}

function messageSeeds(): Uint8Array[] {
  return sessionMessages.samples.map(([, value]) =>
    frames.encode({ type: 'message', number: 1, options: 2, body: Buffer.from(sessionMessages.encode(value)) }),
  )
}

function isGoodbye(frame: Buffer): boolean {
  return frame[5] === 8
}

function isWholeFrame(bytes: Buffer): boolean {
  if (bytes.length < 8 || bytes.readUInt32BE(0) !== bytes.length - 4) return false
  try {
    const { type } = decodeFrame(bytes, 4, bytes.length)
    return type !== 'hello' && type !== 'welcome' && type !== 'refused'
  } catch (error) {
    if (isRefusal(error, ['TRIBES_MALFORMED'])) return false
    throw error
  }
}

function newId(chance: Chance): Uint8Array {
  return Uint8Array.from({ length: 16 }, () => chance.below(256))
}
