import { ByteWriter } from '../wire/byte-writer.js'
import { type ControlFrame, MESSAGE_HEADER_BYTES } from '../wire/frame.js'
import { writeFrame, writeMessageHeader } from '../wire/frame-encoder.js'
import type { Outgoing } from './outgoing.js'

/** Up to here copying a body is cheaper than handing the kernel one more piece (measured: even at about 4 KiB, dearer at 10). */
const COPIED_BODY_BYTES = 8192
/** An acknowledgement of one range has 28, a question 16. */
const USUAL_CONTROL_BYTES = 32

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
  const out = new ByteWriter(control.length * USUAL_CONTROL_BYTES + copiedBytes(messages))
  for (const frame of control) writeFrame(out, frame)
  const chunks: Uint8Array[] = []
  let cut = 0
  for (const message of messages) {
    const { number, options, body } = message
    writeMessageHeader(out, number, options, body.length)
    if (isCopied(message)) out.raw(body)
    else {
      chunks.push(out.view().subarray(cut), body)
      cut = out.length
    }
  }
  if (out.length > cut) chunks.push(cut === 0 ? out.view() : out.view().subarray(cut))
  return chunks
}

function copiedBytes(messages: readonly Outgoing[]): number {
  let bytes = messages.length * MESSAGE_HEADER_BYTES
  for (const message of messages) if (isCopied(message)) bytes += message.body.length
  return bytes
}
