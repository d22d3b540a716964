import { ChannelInterceptor, type ChannelMessage } from '@clowder/tribes'

/** The wire number of a DIGEST, with which every comparison begins, and where it stands. */
const DIGEST = 8
const TYPE_AT = 5

/**
 * Lets no comparison begin, so that nothing makes up for what was not said when it happened. Whoever asks for one believes that it has been lost on the way.
 */
export class Uncompared extends ChannelInterceptor {
  readonly #isOn: () => boolean

  /** `isOn`: whoever has just begun is to be told everything. */
  constructor(isOn: () => boolean) {
    super()
    this.#isOn = isOn
  }

  override messageReceived(message: ChannelMessage): void | Promise<void> {
    if (message.body[TYPE_AT] === DIGEST && this.#isOn()) return undefined
    return super.messageReceived(message)
  }
}
