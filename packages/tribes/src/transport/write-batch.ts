import { type ControlFrame, MESSAGE_HEADER_BYTES } from '../wire/frame.js'
import { encodeFrame, writeMessageHeader } from '../wire/frame-encoder.js'
import type { Outgoing } from './outgoing.js'

/** Up to here copying a body is cheaper than handing the kernel one more piece (measured: even at about 4 KiB, dearer at 10). */
const COPIED_BODY_BYTES = 8192

/** True: the written piece is ours, and the body may change as soon as it is written. */
export function isCopied(message: Outgoing): boolean {
  return message.body.length < COPIED_BODY_BYTES
}

/**
 * What leaves for one member in one turn, as the pieces of one write. Small bodies and all headers are copied into one buffer, large bodies
 * go by reference and cut it:
 *
 *     [ acks, header, body, header, body, header ] [ large body ] [ header, body, … ]
 */
export function writeBatch(control: readonly ControlFrame[], messages: readonly Outgoing[]): Uint8Array[] {
  const frames = control.map(encodeFrame)
  const buffer = Buffer.allocUnsafe(copiedBytes(frames, messages))
  const chunks: Uint8Array[] = []
  let offset = 0
  let cut = 0
  for (const frame of frames) offset += frame.copy(buffer, offset)
  for (const { number, options, body } of messages) {
    offset = writeMessageHeader(buffer, offset, number, options, body.length)
    if (body.length < COPIED_BODY_BYTES) {
      buffer.set(body, offset)
      offset += body.length
    } else {
      chunks.push(buffer.subarray(cut, offset), body)
      cut = offset
    }
  }
  if (offset > cut) chunks.push(buffer.subarray(cut, offset))
  return chunks
}

function copiedBytes(frames: readonly Buffer[], messages: readonly Outgoing[]): number {
  let bytes = messages.length * MESSAGE_HEADER_BYTES
  for (const frame of frames) bytes += frame.length
  for (const { body } of messages) if (body.length < COPIED_BODY_BYTES) bytes += body.length
  return bytes
}
