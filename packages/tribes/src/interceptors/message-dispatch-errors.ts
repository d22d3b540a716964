import { TribesError } from '../errors.js'

/** `whenFull: 'reject'`, or 'wait' with as much waiting already as may be queued: the message was not sent. */
export class QueueFullError extends TribesError {
  readonly queuedBytes: number
  readonly maxBytes: number
  constructor(queuedBytes: number, maxBytes: number) {
    super(
      'TRIBES_QUEUE_FULL',
      `not sent: ${queuedBytes} of ${maxBytes} bytes are queued; send less, or raise maxQueueSize`,
    )
    this.queuedBytes = queuedBytes
    this.maxBytes = maxBytes
  }
}

/** `whenFull: 'drop'`: the message was not sent, by configuration. */
export class MessageDroppedError extends TribesError {
  constructor(queuedBytes: number, maxBytes: number) {
    super('TRIBES_MESSAGE_DROPPED', `dropped: ${queuedBytes} of ${maxBytes} bytes were queued and whenFull is 'drop'`)
  }
}
