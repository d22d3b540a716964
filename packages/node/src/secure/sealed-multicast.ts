import type {
  Address,
  DatagramRefusal,
  MulticastHandlers,
  MulticastOptions,
  MulticastSocket,
  Network,
} from '@clowder/tribes'
import { HeardVoices } from './heard-voices.js'
import type { Keyring } from './keyring.js'
import { OwnVoice } from './own-voice.js'
import { counterOf, keyIdOf, looksSealed, speakerOf, textKeyOf, unseal, voiceOf } from './sealed-datagram.js'

type JoinMulticast = Network['joinMulticast']

/**
 * `joinMulticast` for a cluster with a secret: what is sent is encrypted and authenticated, and only what was sealed with one of the keyring's keys, and has not
 * been heard before, goes up. The rest is counted (`MulticastHandlers.refused`). A heartbeat costs the receiver 3 µs more, and 68 bytes.
 */
export function sealedMulticast(keyring: Keyring, joinMulticast: JoinMulticast): JoinMulticast {
  return async (options, handlers) => {
    const sealed = new SealedSocket(keyring, handlers)
    await sealed.open(joinMulticast, options)
    return sealed
  }
}

class SealedSocket implements MulticastSocket {
  readonly #keyring: Keyring
  readonly #handlers: MulticastHandlers
  readonly #ownVoice: OwnVoice
  readonly #voices = new HeardVoices()
  #socket!: MulticastSocket

  constructor(keyring: Keyring, handlers: MulticastHandlers) {
    this.#keyring = keyring
    this.#handlers = handlers
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
    return this.#socket.close()
  }

  #heard(bytes: Buffer, from: Address): void {
    const opened = this.#open(bytes)
    if (typeof opened === 'string') this.#handlers.refused?.(opened, from)
    else this.#handlers.datagram(opened, from)
  }

  /** The cheap questions first: whoever does not know the key makes us do little. */
  #open(bytes: Buffer): Buffer | DatagramRefusal {
    if (!looksSealed(bytes)) return 'malformed'
    const key = this.#keyring.find(keyIdOf(bytes))
    if (!key) return 'strange'
    const speaker = speakerOf(bytes)
    const counter = counterOf(bytes)
    if (this.#voices.hasHeard(speaker, counter)) return 'replayed'
    const textKey = this.#voices.textKeyOf(speaker) ?? textKeyOf(key, voiceOf(bytes))
    const text = unseal(textKey, bytes)
    if (!text) return 'forged'
    this.#voices.add(speaker, counter, textKey)
    this.#ownVoice.heard(voiceOf(bytes), counter)
    return text
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
