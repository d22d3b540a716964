import { ChannelInterceptor, type ChannelMessage } from '@clowder/tribes'
import { typeOf } from '../message-type.js'

/**
 * Lets no comparison begin, which is with a DIGEST, so that nothing makes up for what was not said when it happened. Whoever asks for one believes that it has been lost on the way.
 */
export class Uncompared extends ChannelInterceptor {
  readonly #isOn: () => boolean

  /** `isOn`: whoever has just begun is to be told everything. */
  constructor(isOn: () => boolean) {
    super()
    this.#isOn = isOn
  }

  override messageReceived(message: ChannelMessage): void | Promise<void> {
    if (typeOf(message.body) === 'DIGEST' && this.#isOn()) return undefined
    return super.messageReceived(message)
  }
}
