import type { Member } from '../member.js'
import type { UniqueId } from '../unique-id.js'

/**
 * What members say to each other over a connection; frame-encoder.ts and frame-decoder.ts are its bytes. All numbers are big-endian.
 *
 *     u32 length of the rest · u8 version · u8 type · u16 flags · …
 *
 *     HELLO    magic u32 · u8 lowest and u8 highest protocol · cluster name · uniqueId expected (16, or zeros) · member record
 *     WELCOME  u8 protocol chosen · member record                               flags bit 0: an introduction only
 *     REFUSED  u8 reason · text
 *     MESSAGE  u48 number · body                                                flags: the option bits
 *     ACK      u48 received up to · n × (u48 from · u48 to) · n × (u48 number · text)
 *     PING, PONG  u32 token · u32 digest of the sender's member list
 *     GOODBYE                                                                   flags bit 0: this connection only; bit 1: you are dropped
 *     MEMBERS  n × (uniqueId · host · u16 port)
 *     DOUBT    uniqueId
 *     VOUCH    uniqueId · varint age
 *
 * HELLO, WELCOME and REFUSED keep frame version 1 for ever, so that two versions can tell each other that they do not fit. Every frame but MESSAGE may grow at its end,
 * and an older reader ignores what follows, as it does flags and types that it does not know.
 */
export const FRAME_VERSION = 1
export const MAGIC = 0x434c_5744
export const LOWEST_PROTOCOL = 1
export const HIGHEST_PROTOCOL = 1

export const LENGTH_BYTES = 4
/** Version, type and flags: what every frame has after its length. */
export const COMMON_BYTES = 4
/** From the length to the first byte of the body. */
export const MESSAGE_HEADER_BYTES = LENGTH_BYTES + COMMON_BYTES + 6
/** No HELLO, WELCOME or REFUSED is longer, so nobody makes us buffer more before the handshake is complete. */
export const MAX_HANDSHAKE_FRAME_BYTES = 4096
export const MAX_REASON_BYTES = 1024

export const HELLO = 1
export const WELCOME = 2
export const REFUSED = 3
export const MESSAGE = 4
export const ACK = 5
export const PING = 6
export const PONG = 7
export const GOODBYE = 8
export const MEMBERS = 9
export const DOUBT = 10
export const VOUCH = 11

/** No MEMBERS frame lists more: larger groups tell a part at a time. */
export const MOST_MEMBERS_TOLD = 1000

/** Flags of a WELCOME. */
export const INTRODUCTION = 0x01
/** Flags of a GOODBYE. */
export const RESTING = 0x01
export const EXPELLING = 0x02

/** In the order of their codes on the wire, from 1 on. */
export const REFUSAL_REASONS = [
  'duplicate',
  'other cluster',
  'other protocol',
  'other incarnation',
  'self',
  'stopping',
  'same incarnation',
  'other name',
  'other host',
  'other encryption',
  'too many joins',
] as const
/** `unknown`: one that a later version has; what it says is in the text beside it. */
export type RefusalReason = (typeof REFUSAL_REASONS)[number] | 'unknown'

export interface Hello {
  readonly type: 'hello'
  readonly lowestProtocol: number
  readonly highestProtocol: number
  readonly clusterName: string
  /** Whom the dialler wants; undefined when it knows an address only and asks who is there. */
  readonly expected: UniqueId | undefined
  readonly member: Member
}

export interface Welcome {
  readonly type: 'welcome'
  readonly protocol: number
  readonly member: Member
  /** True: the answer to a HELLO that expected nobody. The handshake goes on with a HELLO that names this member. */
  readonly isIntroduction: boolean
}

interface Refused {
  readonly type: 'refused'
  readonly reason: RefusalReason
  readonly text: string
}

export interface MessageFrame {
  readonly type: 'message'
  readonly number: number
  readonly options: number
  /** A view into what was read. */
  readonly body: Buffer
}

/** Numbers `from` to `to`, both included. The numbers on a link have gaps: a range speaks of those that were sent. */
export interface NumberRange {
  readonly from: number
  readonly to: number
}

export interface FailedNumber {
  readonly number: number
  readonly reason: string
}

export interface Ack {
  readonly type: 'ack'
  /** Every message up to this number has arrived, as far as it was sent; 0: none. */
  readonly receivedUpTo: number
  /** The listeners have returned from these. */
  readonly applied: readonly NumberRange[]
  /** The listeners have thrown at these. */
  readonly failed: readonly FailedNumber[]
}

interface Ping {
  readonly type: 'ping' | 'pong'
  readonly token: number
  /** 32 bits that are the same when both ends know the same members. */
  readonly view: number
}

export interface Goodbye {
  readonly type: 'goodbye'
  /** True: the sender stays a member and only puts this connection to rest. */
  readonly isResting: boolean
  /** True: the sender has not heard the receiver for too long and has dropped it. */
  readonly isExpelling: boolean
}

/** Where one incarnation can be reached. */
export interface MemberAddress {
  readonly uniqueId: UniqueId
  readonly host: string
  readonly port: number
}

/** Whom the sender knows; sent when the digests differ. */
interface Members {
  readonly type: 'members'
  readonly members: readonly MemberAddress[]
}

/** The sender does not hear this member any more: does the receiver? */
interface Doubt {
  readonly type: 'doubt'
  readonly uniqueId: UniqueId
}

/** The answer: the sender heard this member so long ago. */
interface Vouch {
  readonly type: 'vouch'
  readonly uniqueId: UniqueId
  readonly ageMs: number
}

/** What members tell each other about third ones. */
export type GroupFrame = Members | Doubt | Vouch

/** Every frame but MESSAGE, whose bytes are laid out by `writeMessageHeader` without an object in between. */
export type ControlFrame = Hello | Welcome | Refused | Ack | Ping | Goodbye | GroupFrame
/** A later version's: not for us. */
export interface UnknownFrame {
  readonly type: 'unknown'
  readonly code: number
}

export type Frame = ControlFrame | MessageFrame | UnknownFrame

/** The longest body that fits a frame of `maxFrameBytes`. */
export function maxBodyBytes(maxFrameBytes: number): number {
  return maxFrameBytes - (MESSAGE_HEADER_BYTES - LENGTH_BYTES)
}
