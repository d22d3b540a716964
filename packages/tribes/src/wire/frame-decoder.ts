import { MalformedError } from '../errors.js'
import { UNIQUE_ID_BYTES } from '../unique-id.js'
import { ByteReader } from './byte-reader.js'
import { MAX_CLUSTER_NAME_BYTES } from './datagram.js'
import {
  ACK,
  type Ack,
  COMMON_BYTES,
  type ControlFrame,
  DOUBT,
  EXPELLING,
  type FailedNumber,
  FRAME_VERSION,
  type Frame,
  GOODBYE,
  HELLO,
  type Hello,
  INTRODUCTION,
  MAGIC,
  MAX_REASON_BYTES,
  MEMBERS,
  MESSAGE,
  type MemberAddress,
  type MessageFrame,
  MOST_MEMBERS_TOLD,
  type NumberRange,
  PING,
  PONG,
  REFUSAL_REASONS,
  REFUSED,
  RESTING,
  type RefusalReason,
  type UnknownFrame,
  VOUCH,
  WELCOME,
} from './frame.js'
import { MAX_HOST_BYTES, readMember } from './member-record.js'

/**
 * Reads the frame that lies in `bytes` from `start` (its version, after the length) to `end`; throws `MalformedError`. What a later version has appended, and the flags
 * and types that it has added, are no error: see 'How the wire may grow' in docs/wire-format.md.
 */
export function decodeFrame(bytes: Buffer, start: number, end: number): Frame {
  if (end - start < COMMON_BYTES) throw new MalformedError(`a frame of ${end - start} bytes has no header`)
  if (bytes[start] !== FRAME_VERSION) throw new MalformedError(`frame version ${bytes[start]} is unknown`)
  const flags = bytes.readUInt16BE(start + 2)
  if (bytes[start + 1] === MESSAGE) return decodeMessage(bytes, start + COMMON_BYTES, end, flags)
  return decodeControlFrame(bytes[start + 1]!, flags, new ByteReader(bytes, start + COMMON_BYTES, end))
}

function decodeMessage(bytes: Buffer, at: number, end: number, options: number): MessageFrame {
  if (end - at < 6) throw new MalformedError('a message has no number')
  const number = bytes.readUInt16BE(at) * 0x1_0000_0000 + bytes.readUInt32BE(at + 2)
  if (number === 0) throw new MalformedError('messages are numbered from 1 on')
  return { type: 'message', number, options, body: bytes.subarray(at + 6, end) }
}

function decodeControlFrame(type: number, flags: number, input: ByteReader): ControlFrame | UnknownFrame {
  switch (type) {
    case HELLO:
      return readHello(input)
    case WELCOME:
      return {
        type: 'welcome',
        protocol: input.u8(),
        member: readMember(input),
        isIntroduction: (flags & INTRODUCTION) !== 0,
      }
    case REFUSED:
      return { type: 'refused', reason: readReason(input), text: input.text(MAX_REASON_BYTES) }
    case ACK:
      return readAck(input)
    case PING:
      return { type: 'ping', token: input.u32(), view: input.u32() }
    case PONG:
      return { type: 'pong', token: input.u32(), view: input.u32() }
    case GOODBYE:
      return { type: 'goodbye', isResting: (flags & RESTING) !== 0, isExpelling: (flags & EXPELLING) !== 0 }
    case MEMBERS:
      return { type: 'members', members: readMembers(input) }
    case DOUBT:
      return { type: 'doubt', uniqueId: readUniqueId(input) }
    case VOUCH:
      return { type: 'vouch', uniqueId: readUniqueId(input), ageMs: input.varint() }
    default:
      return { type: 'unknown', code: type }
  }
}

function readHello(input: ByteReader): Hello {
  if (input.u32() !== MAGIC) throw new MalformedError('this is no hello of a Clowder member')
  const lowestProtocol = input.u8()
  const highestProtocol = input.u8()
  const clusterName = input.text(MAX_CLUSTER_NAME_BYTES)
  const expected = new Uint8Array(input.raw(UNIQUE_ID_BYTES))
  const isNamed = expected.some(byte => byte !== 0)
  const member = readMember(input)
  return {
    type: 'hello',
    lowestProtocol,
    highestProtocol,
    clusterName,
    expected: isNamed ? expected : undefined,
    member,
  }
}

function readReason(input: ByteReader): RefusalReason {
  return REFUSAL_REASONS[input.u8() - 1] ?? 'unknown'
}

function readAck(input: ByteReader): Ack {
  const receivedUpTo = input.u48()
  const applied = readList(input, 12, readRange)
  const failed = readList(input, 7, readFailed)
  return { type: 'ack', receivedUpTo, applied, failed }
}

/** The count is checked against what is left, so that a lie about it costs nothing. */
function readList<T>(input: ByteReader, leastBytes: number, read: (input: ByteReader) => T): T[] {
  const count = input.varint()
  if (count * leastBytes > input.remaining) throw new MalformedError(`a list of ${count} does not fit its frame`)
  const list: T[] = []
  for (let i = 0; i < count; i++) list.push(read(input))
  return list
}

function readMembers(input: ByteReader): MemberAddress[] {
  const members = readList(input, UNIQUE_ID_BYTES + 3, readMemberAddress)
  if (members.length > MOST_MEMBERS_TOLD) throw new MalformedError(`a list of ${members.length} members is too long`)
  return members
}

function readMemberAddress(input: ByteReader): MemberAddress {
  return { uniqueId: readUniqueId(input), host: input.text(MAX_HOST_BYTES), port: input.u16() }
}

function readUniqueId(input: ByteReader): Uint8Array {
  return new Uint8Array(input.raw(UNIQUE_ID_BYTES))
}

function readRange(input: ByteReader): NumberRange {
  const from = input.u48()
  const to = input.u48()
  if (from > to) throw new MalformedError(`the range ${from} to ${to} runs backwards`)
  return { from, to }
}

function readFailed(input: ByteReader): FailedNumber {
  return { number: input.u48(), reason: input.text(MAX_REASON_BYTES) }
}
