import { SYNCHRONIZED_ACK, USE_ACK } from '../channel-message.js'
import type { Delivery } from '../delivery.js'
import type { Member } from '../member.js'

/** One message on its way to one member. */
export interface Outgoing {
  readonly number: number
  readonly options: number
  body: Uint8Array
  readonly member: Member
  readonly delivery: Delivery
  readonly queuedAtMs: number
  /** Connections that broke, and dials that failed, under this message. */
  failures: number
  state: 'queued' | 'sent' | 'done'
}

/** An entry, its delivery and its place in the queue cost memory beside the body: a million one-byte messages must not pass for a megabyte. */
const BOOKKEEPING_BYTES = 256
/** What holding a body of `bodyBytes` costs. */
export function costBytes(bodyBytes: number): number {
  return bodyBytes + BOOKKEEPING_BYTES
}

/** False: handed to the stream is all that was asked for. */
export function wantsAck(entry: Outgoing): boolean {
  return (entry.options & (USE_ACK | SYNCHRONIZED_ACK)) !== 0
}
