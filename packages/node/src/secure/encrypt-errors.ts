import { type ChannelMessage, memberText, TribesError } from '@clowder/tribes'

/** An option of EncryptInterceptor that cannot be meant, or must not be. Keys are not shown. */
export class EncryptionOptionError extends TribesError {
  readonly option: string
  constructor(option: string, problem: string) {
    super('CLOWDER_ENCRYPTION_OPTION', `EncryptInterceptor: ${option} ${problem}`)
    this.option = option
  }
}

/** `changed`: another key, or somebody on the way has changed it, or its number or its sender. `replayed`: it has been here before. */
export type Undecryptable = 'not encrypted' | 'changed' | 'replayed'

const EXPLANATIONS: Record<Undecryptable, string> = {
  'not encrypted':
    'it is not encrypted; give every member an EncryptInterceptor, at the same place among its interceptors',
  changed: 'the sender has another key, or it was changed on the way; give every member the same encryptionKey',
  replayed: 'it has been received before, or is older than what has',
}

/** Thrown into the channel in place of a message, which goes no further; it is the reason of a negative acknowledgement. */
export class UndecryptableMessageError extends TribesError {
  readonly reason: Undecryptable
  constructor({ number, source }: ChannelMessage, reason: Undecryptable) {
    super(
      'TRIBES_UNDECRYPTABLE',
      `message ${number} of ${memberText(source)} cannot be decrypted: ${EXPLANATIONS[reason]}`,
    )
    this.reason = reason
  }
}
