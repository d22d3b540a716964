import { createHash, randomBytes } from 'node:crypto'
import type { Keyring } from './keyring.js'
import { MAX_SEALED_BYTES, SEAL_BYTES, seal, VOICE_BYTES, type VoiceKeys, voiceKeysOf } from './sealed-datagram.js'
import type { SecretKey } from './secret-key.js'

/** What one opened socket says its datagrams with: a random name, under which it counts them. */
export class OwnVoice {
  readonly #keyring: Keyring
  #voice = newVoice()
  #said = 0
  #key: SecretKey | undefined
  #keys: VoiceKeys | undefined

  constructor(keyring: Keyring) {
    this.#keyring = keyring
  }

  /** With the key that is used at this moment. Throws EMSGSIZE when it would not fit one datagram everywhere. */
  seal(text: Uint8Array): Buffer {
    const sealedBytes = text.length + SEAL_BYTES
    if (sealedBytes > MAX_SEALED_BYTES) throw tooLong(sealedBytes)
    const key = this.#keyring.current
    if (key !== this.#key || !this.#keys) {
      this.#key = key
      this.#keys = voiceKeysOf(key, this.#voice)
    }
    return seal(key, this.#keys, this.#voice, ++this.#said, text)
  }

  /**
   * An authentic datagram was heard. One of this voice that has not been said here was said by a process that this one was cloned with. Each drops what it hears
   * of the other as heard already, and so do all others, hence it takes another voice; the time is in it, because chance may have been cloned too.
   */
  heard(voice: Buffer, counter: number): void {
    if (counter <= this.#said || !voice.equals(this.#voice)) return
    this.#voice = newVoice()
    this.#said = 0
    this.#keys = undefined
  }
}

function newVoice(): Buffer {
  const moment = `${process.hrtime.bigint()} ${Date.now()} ${process.pid}`
  return createHash('sha256').update(randomBytes(32)).update(moment).digest().subarray(0, VOICE_BYTES)
}

function tooLong(bytes: number): NodeJS.ErrnoException {
  const error = new Error(`a sealed datagram of ${bytes} bytes; at most ${MAX_SEALED_BYTES} fit one packet everywhere`)
  return Object.assign(error, { code: 'EMSGSIZE', syscall: 'send' })
}
