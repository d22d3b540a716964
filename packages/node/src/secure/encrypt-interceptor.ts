import { ChannelInterceptor, type ChannelMessage, type Delivery } from '@clowder/tribes'
import { type Undecryptable, UndecryptableMessageError } from './encrypt-errors.js'
import { checkedKey, type EncryptInterceptorOptions } from './encryption-options.js'
import { HeardVoices } from './heard-voices.js'
import { idOfKey, looksSealed, type SenderKeys, sealMessage, senderKey, unsealMessage } from './sealed-message.js'

/** What an EncryptInterceptor has counted. */
export interface EncryptStats {
  readonly encrypted: number
  readonly decrypted: number
  /** Refused: they had passed no EncryptInterceptor. */
  readonly notEncrypted: number
  /** Refused: sealed with another key, or changed on the way. */
  readonly changed: number
  readonly replayed: number
}

/**
 * Encrypts and authenticates the body of every message with one key that all members have (Tomcat's EncryptInterceptor), together with its sender, its number
 * and its options. A message that cannot be decrypted, or has been received before, goes no further: it fails, and the sender of a synchronized one is told.
 *
 * **With a `secret` nobody needs it**: then the connections are authenticated and encrypted, all of them and all that is on them. What this does not cover: who is
 * a member (heartbeats, HELLO, acknowledgements, questions travel as they do without it, so whoever reaches the ports can join, and see who talks to whom, and how
 * much); a message that was recorded may be replayed, once, to a member that it was not sent to, or that has started anew since; the key cannot be replaced at run
 * time; and what was recorded can be read by whoever learns the key later. Costs 29 bytes a message.
 */
export class EncryptInterceptor extends ChannelInterceptor {
  readonly #key: Buffer
  /** The senders heard, and the numbers of each. */
  readonly #heard = new HeardVoices()
  readonly #counts = { encrypted: 0, decrypted: 0, notEncrypted: 0, changed: 0, replayed: 0 }
  #own: (SenderKeys & { readonly id: string }) | undefined

  /** Throws EncryptionOptionError (`CLOWDER_ENCRYPTION_OPTION`). */
  constructor(options: EncryptInterceptorOptions) {
    super()
    this.#key = checkedKey(options ?? {})
  }

  /** Names the key, one-way: who has the same one understands what is said here. */
  get keyId(): string {
    return idOfKey(this.#key)
  }

  get stats(): EncryptStats {
    return { ...this.#counts }
  }

  override sendMessage(message: ChannelMessage, delivery: Delivery): void {
    const body = sealMessage(this.#ownKeys(message), message)
    this.#counts.encrypted++
    this.below.sendMessage({ ...message, body }, delivery)
  }

  /** Throws UndecryptableMessageError (`TRIBES_UNDECRYPTABLE`). There is no other way up than with the plaintext. */
  override messageReceived(message: ChannelMessage): void | Promise<void> {
    const body = this.#opened(message)
    this.#counts.decrypted++
    return this.above.messageReceived({ ...message, body })
  }

  #opened(message: ChannelMessage): Buffer {
    const { source, number, body } = message
    if (!looksSealed(body)) throw this.#refusal(message, 'not encrypted')
    if (this.#heard.hasHeard(source.id, number)) throw this.#refusal(message, 'replayed')
    const key = this.#heard.textKeyOf(source.id) ?? senderKey(this.#key, source.uniqueId, 'text')
    const opened = unsealMessage(key, message)
    if (!opened) throw this.#refusal(message, 'changed')
    this.#heard.add(source.id, number, key)
    return opened
  }

  #refusal(message: ChannelMessage, reason: Undecryptable): Error {
    this.#counts[reason === 'not encrypted' ? 'notEncrypted' : reason]++
    return new UndecryptableMessageError(message, reason)
  }

  /** Another incarnation has other keys. */
  #ownKeys({ source }: ChannelMessage): SenderKeys {
    if (this.#own?.id !== source.id) {
      const text = senderKey(this.#key, source.uniqueId, 'text')
      const nonce = senderKey(this.#key, source.uniqueId, 'nonce')
      this.#own = { id: source.id, text, nonce }
    }
    return this.#own
  }
}
