import { connect } from 'node:net'
import { clusterHash, encodeGreeting } from '../../../packages/node/src/secure/greeting.js'
import { SecretKey } from '../../../packages/node/src/secure/secret-key.js'
import { frames } from '../../golden/kinds/frames.js'
import type { CollectedMemory } from '../collected-memory.js'
import type { FuzzTarget } from '../target.js'
import { PAIR_SECRET } from './live-member.js'
import { LivePair } from './live-pair.js'

const NAME = 'fuzzed-greetings'
/** Connections at a time. */
const AT_ONCE = 16
const RESTS_PER_CHECK = 4
const PATIENCE_MS = 20
/** The beginning of a ClientHello, as a TLS 1.3 record. */
const CLIENT_HELLO = Buffer.from(`1603010020010000${'1c'}0303${'ab'.repeat(32)}`, 'hex')

/** Mutated greetings, and what follows them, each on a connection of its own to a real member that has a secret. Nobody gets in, and the two members do not notice. */
export class SecureSocketTarget implements FuzzTarget {
  readonly name = 'secure-socket'
  readonly isLive = true
  readonly seeds = seeds()
  readonly #pair: LivePair
  #inputs: Buffer[] = []
  #rests = 0

  static async started(): Promise<SecureSocketTarget> {
    return new SecureSocketTarget(await LivePair.apart(NAME, 'secret'))
  }

  private constructor(pair: LivePair) {
    this.#pair = pair
  }

  feed(bytes: Buffer): boolean {
    this.#inputs.push(Buffer.from(bytes))
    return true
  }

  async rest(): Promise<void> {
    const inputs = this.#inputs
    this.#inputs = []
    for (let i = 0; i < inputs.length; i += AT_ONCE)
      await Promise.all(inputs.slice(i, i + AT_ONCE).map(bytes => this.#say(bytes)))
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
      await this.#pair.close()
    }
  }

  /** Whoever is not answered hangs up, so that the next one has its turn. */
  #say(bytes: Buffer): Promise<void> {
    const { host, port } = this.#pair.address
    return new Promise(resolve => {
      const socket = connect({ host, port, noDelay: true })
      const timer = setTimeout(() => socket.destroy(), PATIENCE_MS)
      socket.on('error', () => {}).on('data', () => {})
      socket.once('connect', () => socket.write(bytes))
      socket.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}

function seeds(): Uint8Array[] {
  const { id } = new SecretKey(PAIR_SECRET, NAME)
  const dialler = { lowestProtocol: 1, highestProtocol: 1, verdict: 'dialler', cluster: clusterHash(NAME) } as const
  const greetings = [[id], ['0123456789abcdef', id], []].map(keyIds => encodeGreeting({ ...dialler, keyIds }))
  const followed = greetings.map(greeting => Buffer.concat([greeting, CLIENT_HELLO]))
  return [...greetings, ...followed, CLIENT_HELLO, frames.encode(frames.samples[0]![1])]
}
