import type {
  Address,
  Clock,
  DatagramRefusal,
  MulticastHandlers,
  MulticastOptions,
  MulticastSocket,
  Network,
  Timer,
} from '@clowder/tribes'
import { nodeClock } from '../node-clock.js'
import { HeardVoices } from './heard-voices.js'
import { JunkBudget } from './junk-budget.js'
import type { Keyring } from './keyring.js'
import { OwnVoice } from './own-voice.js'
import {
  counterOf,
  keyIdOf,
  looksPlain,
  looksSealed,
  speakerOf,
  textKeyOf,
  unseal,
  voiceOf,
} from './sealed-datagram.js'

type JoinMulticast = Network['joinMulticast']

/** What it costs, in units of reading and dropping one. */
const COST: Record<DatagramRefusal, number> = { malformed: 1, strange: 1, replayed: 1, forged: 4, shed: 1 }
const NEW_VOICE_COST = 4
/** At 4 µs each: less than a hundredth of a core. 500 members of other clusters on the same group say as much. */
const UNITS_PER_SECOND = 1000

/**
 * `joinMulticast` for a cluster with a secret: what is sent is encrypted and authenticated, and only what was sealed with one of the keyring's keys, and has not
 * been heard before, goes up. The rest is counted (`MulticastHandlers.refused`). A heartbeat costs the receiver 3 µs more, and 68 bytes.
 *
 * When more comes that is nobody's than a hundredth of a core can look at, the socket is left unread until the end of the quarter of a second. Heartbeats are lost with
 * it, nearly all of them in a flood; members that are connected notice each other's life by that.
 */
export function sealedMulticast(
  keyring: Keyring,
  joinMulticast: JoinMulticast,
  clock: Pick<Clock, 'now' | 'setTimer'> = nodeClock,
): JoinMulticast {
  return async (options, handlers) => {
    const sealed = new SealedSocket({ keyring, handlers, clock })
    await sealed.open(joinMulticast, options)
    return sealed
  }
}

interface SealedSocketComponents {
  readonly keyring: Keyring
  readonly handlers: MulticastHandlers
  readonly clock: Pick<Clock, 'now' | 'setTimer'>
}

class SealedSocket implements MulticastSocket {
  readonly #keyring: Keyring
  readonly #handlers: MulticastHandlers
  readonly #clock: Pick<Clock, 'now' | 'setTimer'>
  readonly #ownVoice: OwnVoice
  readonly #voices = new HeardVoices()
  readonly #junk = new JunkBudget({ unitsPerSecond: UNITS_PER_SECOND })
  #socket!: MulticastSocket
  /** While it is set nothing is looked at. */
  #pause: Timer | undefined

  constructor({ keyring, handlers, clock }: SealedSocketComponents) {
    this.#keyring = keyring
    this.#handlers = handlers
    this.#clock = clock
    this.#ownVoice = new OwnVoice(keyring)
  }

  async open(joinMulticast: JoinMulticast, options: MulticastOptions): Promise<void> {
    this.#socket = await joinMulticast(options, {
      datagram: (bytes, from) => this.#heard(asBuffer(bytes), from),
      failed: error => this.#handlers.failed(error),
    })
  }

  async send(text: Uint8Array): Promise<void> {
    await this.#socket.send(this.#ownVoice.seal(text))
  }

  close(): Promise<void> {
    this.#pause?.cancel()
    return this.#socket.close()
  }

  #heard(bytes: Buffer, from: Address): void {
    const opened = this.#pause ? 'shed' : this.#open(bytes)
    if (typeof opened !== 'string') return this.#handlers.datagram(opened, from)
    this.#handlers.refused?.(opened, from)
    this.#spend(COST[opened])
  }

  #spend(units: number): void {
    const pauseMs = this.#junk.spend(units, this.#clock.now())
    if (pauseMs === 0 || this.#pause) return
    this.#pause = this.#clock.setTimer(pauseMs, () => this.#listen())
    this.#socket.pause?.()
  }

  #listen(): void {
    this.#pause = undefined
    this.#socket.resume?.()
  }

  /** The cheap questions first: whoever does not know the key makes us do little. */
  #open(bytes: Buffer): Buffer | DatagramRefusal {
    if (!looksSealed(bytes)) return looksPlain(bytes) ? 'strange' : 'malformed'
    const key = this.#keyring.find(keyIdOf(bytes))
    if (!key) return 'strange'
    const speaker = speakerOf(bytes)
    const counter = counterOf(bytes)
    if (this.#voices.hasHeard(speaker, counter)) return 'replayed'
    const knownKey = this.#voices.textKeyOf(speaker)
    const textKey = knownKey ?? textKeyOf(key, voiceOf(bytes))
    const text = unseal(textKey, bytes)
    if (!text) return 'forged'
    // Somebody may have recorded a thousand of them.
    if (!knownKey) this.#spend(NEW_VOICE_COST)
    this.#voices.add(speaker, counter, textKey)
    this.#ownVoice.heard(voiceOf(bytes), counter)
    return text
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
