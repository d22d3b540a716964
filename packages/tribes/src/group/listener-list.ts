import type { ChannelMessage } from '../channel-message.js'
import { memberText } from '../member.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import { ThrottledLog } from '../throttled-log.js'
import type { ChannelListener } from './channel-listener.js'

/**
 * Gives a message to each listener that accepts it. A listener's failure does not keep it from the others; the first one is rethrown when all
 * have had it, so that a synchronized acknowledgement turns negative.
 */
export class ListenerList {
  readonly #log: ThrottledLog
  #listeners: readonly ChannelListener[] = []

  constructor(components: { readonly clock: Clock; readonly logger: Logger }) {
    this.#log = new ThrottledLog(components)
  }

  /** Adding one twice is the same as adding it once. */
  add(listener: ChannelListener): void {
    if (!this.#listeners.includes(listener)) this.#listeners = [...this.#listeners, listener]
  }

  remove(listener: ChannelListener): void {
    this.#listeners = this.#listeners.filter(other => other !== listener)
  }

  /** Answers `false` when nobody accepted the message. */
  deliver(message: ChannelMessage): false | void | Promise<void> {
    let isAccepted = false
    let pending: Promise<void>[] | undefined
    let failure: { error: unknown } | undefined
    for (const listener of this.#listeners) {
      try {
        if (!listener.accept(message)) continue
        isAccepted = true
        const result = listener.messageReceived(message)
        if (result) (pending ??= []).push(result)
      } catch (error) {
        failure ??= this.#failed(message, error)
      }
    }
    if (pending) return this.#allDone(message, pending, failure)
    if (failure) throw failure.error
    if (!isAccepted) return false
  }

  async #allDone(
    message: ChannelMessage,
    pending: Promise<void>[],
    failedBefore: { error: unknown } | undefined,
  ): Promise<void> {
    let failure = failedBefore
    for (const outcome of await Promise.allSettled(pending)) {
      if (outcome.status === 'rejected') failure ??= this.#failed(message, outcome.reason)
    }
    if (failure) throw failure.error
  }

  #failed(message: ChannelMessage, error: unknown): { error: unknown } {
    this.#log.error(
      message.source.id,
      { member: message.source, err: error },
      `A listener failed on a message from ${memberText(message.source)}.`,
    )
    return { error }
  }
}
