import type { Member } from './member.js'

/** Tomcat's option bits, as they travel in a frame's flags. */
export const USE_ACK = 0x02
export const SYNCHRONIZED_ACK = 0x04
export const ASYNCHRONOUS = 0x08

/** What a message is to the layers: bytes, a number, and what its sender wants to know. */
export interface ChannelMessage {
  /** Numbered by the sending channel from 1 on, never re-used by that incarnation, increasing on every link. */
  readonly number: number
  /** ASYNCHRONOUS, USE_ACK or USE_ACK | SYNCHRONIZED_ACK. */
  readonly options: number
  /** Not copied on the way down: must not change until the delivery has settled. On the way up: a view that is valid during the call only. */
  readonly body: Uint8Array
  /** Who sent it. */
  readonly source: Member
}

export type DeliveryGuarantee = 'asynchronous' | 'use-ack' | 'synchronized-ack'

/** Per message, as in Tomcat. */
export interface SendOptions {
  /**
   * `asynchronous`: accepted when it was handed to the socket. `use-ack`: when the member's receiver has it.
   * `synchronized-ack`: when the member's listeners have returned.
   * @default 'use-ack'
   */
  readonly guarantee?: DeliveryGuarantee
}

export function optionBits(guarantee: DeliveryGuarantee): number {
  switch (guarantee) {
    case 'asynchronous':
      return ASYNCHRONOUS
    case 'use-ack':
      return USE_ACK
    case 'synchronized-ack':
      return USE_ACK | SYNCHRONIZED_ACK
  }
}
