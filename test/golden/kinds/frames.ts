import { MalformedError } from '@clowder/tribes'
import { ByteWriter } from '../../../packages/tribes/src/wire/byte-writer.js'
import { type Frame, REFUSAL_REASONS } from '../../../packages/tribes/src/wire/frame.js'
import { decodeFrame } from '../../../packages/tribes/src/wire/frame-decoder.js'
import { encodeFrame, writeMessageHeader } from '../../../packages/tribes/src/wire/frame-encoder.js'
import { FrameSplitter } from '../../../packages/tribes/src/wire/frame-splitter.js'
import { goldenKind } from '../golden-kind.js'
import { BARE, TOM } from './members.js'

const MAX_FRAME_BYTES = 1_048_576
const hello = { type: 'hello', lowestProtocol: 1, highestProtocol: 1, clusterName: 'cats', member: TOM } as const
const body = (text: string) => Buffer.from(text)

const samples: (readonly [string, Frame])[] = [
  ['HELLO to a member', { ...hello, expected: BARE.uniqueId }],
  ['HELLO to an address', { ...hello, expected: undefined }],
  ['WELCOME', { type: 'welcome', protocol: 1, member: TOM, isIntroduction: false }],
  ['WELCOME, an introduction', { type: 'welcome', protocol: 1, member: TOM, isIntroduction: true }],
  ...REFUSAL_REASONS.map(reason => [`REFUSED, ${reason}`, { type: 'refused', reason, text: 'why' }] as const),
  ['MESSAGE, asynchronous', { type: 'message', number: 1, options: 8, body: body('hi') }],
  ['MESSAGE, use-ack', { type: 'message', number: 2 ** 48 - 1, options: 2, body: body('') }],
  ['MESSAGE, synchronized-ack', { type: 'message', number: 70_000, options: 4, body: body('a body') }],
  ['ACK of nothing', { type: 'ack', receivedUpTo: 0, applied: [], failed: [] }],
  [
    'ACK',
    {
      type: 'ack',
      receivedUpTo: 2 ** 40,
      applied: [
        { from: 1, to: 3 },
        { from: 7, to: 2 ** 40 },
      ],
      failed: [{ number: 5, reason: 'no such thing' }],
    },
  ],
  ['PING', { type: 'ping', token: 7, view: 0xdead_beef }],
  ['PONG', { type: 'pong', token: 0, view: 1 }],
  ['GOODBYE', { type: 'goodbye', isResting: false, isExpelling: false }],
  ['GOODBYE, resting', { type: 'goodbye', isResting: true, isExpelling: false }],
  ['GOODBYE, expelling', { type: 'goodbye', isResting: false, isExpelling: true }],
  ['MEMBERS', { type: 'members', members: [TOM, BARE].map(({ uniqueId, host, port }) => ({ uniqueId, host, port })) }],
  ['DOUBT', { type: 'doubt', uniqueId: TOM.uniqueId }],
  ['VOUCH', { type: 'vouch', uniqueId: TOM.uniqueId, ageMs: 1234 }],
]

/** Frames with their length, through the splitter, as they come from a stream. */
export const frames = goldenKind<Frame>({ name: 'frames', refusals: ['TRIBES_MALFORMED'], samples, encode, decode })

function encode(frame: Frame): Uint8Array {
  if (frame.type === 'unknown') return Uint8Array.of(0, 0, 0, 4, 1, frame.code, 0, 0)
  if (frame.type !== 'message') return encodeFrame(frame)
  const out = new ByteWriter(64)
  writeMessageHeader(out, frame.number, frame.options, frame.body.length)
  return out.raw(frame.body).take()
}

function decode(bytes: Uint8Array): Frame {
  const decoded: Frame[] = []
  const splitter = new FrameSplitter(MAX_FRAME_BYTES)
  splitter.push(bytes, (chunk, start, end) => void decoded.push(decodeFrame(chunk, start, end)))
  if (decoded.length !== 1 || splitter.partialBytes > 0) throw new MalformedError('not one whole frame')
  return decoded[0]!
}
