import { UNIQUE_ID_BYTES } from '../unique-id.js'
import { ByteWriter } from './byte-writer.js'
import {
  ACK,
  type Ack,
  type ControlFrame,
  DOUBT,
  EXPELLING,
  FRAME_VERSION,
  GOODBYE,
  HELLO,
  type Hello,
  INTRODUCTION,
  LENGTH_BYTES,
  MAGIC,
  MEMBERS,
  MESSAGE,
  MESSAGE_HEADER_BYTES,
  type MemberAddress,
  PING,
  PONG,
  REFUSAL_REASONS,
  REFUSED,
  RESTING,
  VOUCH,
  WELCOME,
} from './frame.js'
import { writeMember } from './member-record.js'

/** Writes what precedes a body of `bodyBytes`. */
export function writeMessageHeader(out: ByteWriter, number: number, options: number, bodyBytes: number): void {
  out.u32(MESSAGE_HEADER_BYTES - LENGTH_BYTES + bodyBytes)
  header(out, MESSAGE, options).u48(number)
}

/** Writes the frame with its length. */
export function writeFrame(out: ByteWriter, frame: ControlFrame): void {
  const start = out.length
  writeControlFrame(out.u32(0), frame)
  out.patchU32(start, out.length - start - LENGTH_BYTES)
}

/** The frame with its length, in a buffer of its own. */
export function encodeFrame(frame: ControlFrame): Buffer {
  const out = new ByteWriter(64)
  writeFrame(out, frame)
  return out.take()
}

function writeControlFrame(out: ByteWriter, frame: ControlFrame): void {
  switch (frame.type) {
    case 'hello':
      return writeHello(header(out, HELLO), frame)
    case 'welcome':
      return writeMember(header(out, WELCOME, frame.isIntroduction ? INTRODUCTION : 0).u8(frame.protocol), frame.member)
    case 'refused':
      header(out, REFUSED)
        .u8((REFUSAL_REASONS as readonly string[]).indexOf(frame.reason) + 1)
        .text(frame.text)
      return
    case 'ack':
      return writeAck(header(out, ACK), frame)
    case 'ping':
    case 'pong':
      header(out, frame.type === 'ping' ? PING : PONG)
        .u32(frame.token)
        .u32(frame.view)
      return
    case 'goodbye':
      header(out, GOODBYE, (frame.isResting ? RESTING : 0) | (frame.isExpelling ? EXPELLING : 0))
      return
    case 'members':
      return writeMembers(header(out, MEMBERS), frame.members)
    case 'doubt':
      header(out, DOUBT).raw(frame.uniqueId)
      return
    case 'vouch':
      header(out, VOUCH).raw(frame.uniqueId).varint(Math.floor(frame.ageMs))
  }
}

function header(out: ByteWriter, type: number, flags = 0): ByteWriter {
  return out.u8(FRAME_VERSION).u8(type).u16(flags)
}

function writeHello(out: ByteWriter, hello: Hello): void {
  out.u32(MAGIC).u8(hello.lowestProtocol).u8(hello.highestProtocol).text(hello.clusterName)
  out.raw(hello.expected ?? new Uint8Array(UNIQUE_ID_BYTES))
  writeMember(out, hello.member)
}

function writeMembers(out: ByteWriter, members: readonly MemberAddress[]): void {
  out.varint(members.length)
  for (const { uniqueId, host, port } of members) out.raw(uniqueId).text(host).u16(port)
}

function writeAck(out: ByteWriter, ack: Ack): void {
  out.u48(ack.receivedUpTo).varint(ack.applied.length)
  for (const range of ack.applied) out.u48(range.from).u48(range.to)
  out.varint(ack.failed.length)
  for (const failed of ack.failed) out.u48(failed.number).text(failed.reason)
}
