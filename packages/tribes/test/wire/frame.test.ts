import t from 'tap'
import { MalformedError } from '../../src/errors.js'
import { member } from '../../src/member.js'
import { ByteWriter } from '../../src/wire/byte-writer.js'
import { type ControlFrame, type Frame, MESSAGE_HEADER_BYTES, type MessageFrame } from '../../src/wire/frame.js'
import { decodeFrame } from '../../src/wire/frame-decoder.js'
import { encodeFrame, writeMessageHeader } from '../../src/wire/frame-encoder.js'

const uniqueId = Uint8Array.from({ length: 16 }, (_, i) => i + 1)
const payload = Uint8Array.from([1, 2, 3])
const cat = member({ uniqueId, host: '10.0.0.1', port: 4000, name: 'cat', domain: 'home', payload, aliveMs: 12_345 })

const CONTROL: Record<string, ControlFrame> = {
  'hello to a named member': {
    type: 'hello',
    lowestProtocol: 1,
    highestProtocol: 3,
    clusterName: 'cats',
    expected: uniqueId,
    member: cat,
  },
  'hello to whoever is there': {
    type: 'hello',
    lowestProtocol: 1,
    highestProtocol: 1,
    clusterName: '',
    expected: undefined,
    member: cat,
  },
  welcome: { type: 'welcome', protocol: 1, member: cat, isIntroduction: false },
  introduction: { type: 'welcome', protocol: 1, member: cat, isIntroduction: true },
  'refused: duplicate': { type: 'refused', reason: 'duplicate', text: 'there is one already' },
  'refused: other cluster': { type: 'refused', reason: 'other cluster', text: '' },
  'refused: other protocol': { type: 'refused', reason: 'other protocol', text: 'ü' },
  'refused: other incarnation': { type: 'refused', reason: 'other incarnation', text: 'x' },
  'refused: self': { type: 'refused', reason: 'self', text: 'x' },
  'refused: stopping': { type: 'refused', reason: 'stopping', text: 'x' },
  'refused: same incarnation': { type: 'refused', reason: 'same incarnation', text: 'x' },
  'refused: other name': { type: 'refused', reason: 'other name', text: 'x' },
  'refused: other host': { type: 'refused', reason: 'other host', text: 'x' },
  'refused: other encryption': { type: 'refused', reason: 'other encryption', text: 'x' },
  'refused: too many joins': { type: 'refused', reason: 'too many joins', text: 'x' },
  'empty ack': { type: 'ack', receivedUpTo: 0, applied: [], failed: [] },
  ack: {
    type: 'ack',
    receivedUpTo: 2 ** 48 - 1,
    applied: [
      { from: 1, to: 7 },
      { from: 9, to: 9 },
    ],
    failed: [{ number: 8, reason: 'broken' }],
  },
  ping: { type: 'ping', token: 0xffff_ffff, view: 0xfedc_ba98 },
  pong: { type: 'pong', token: 7, view: 0 },
  goodbye: { type: 'goodbye', isResting: false, isExpelling: false },
  'goodbye to a connection': { type: 'goodbye', isResting: true, isExpelling: false },
  'goodbye to one who was dropped': { type: 'goodbye', isResting: false, isExpelling: true },
  'no members': { type: 'members', members: [] },
  members: {
    type: 'members',
    members: [
      { uniqueId, host: '10.0.0.1', port: 4000 },
      { uniqueId: uniqueId.toReversed(), host: 'fd00::2', port: 65_535 },
    ],
  },
  doubt: { type: 'doubt', uniqueId },
  vouch: { type: 'vouch', uniqueId, ageMs: 2300 },
}

const MESSAGES: Record<string, MessageFrame> = {
  'empty message': { type: 'message', number: 1, options: 8, body: Buffer.alloc(0) },
  message: { type: 'message', number: 2 ** 40 + 5, options: 6, body: Buffer.from('hello') },
}

function encode(frame: Frame): Buffer {
  if (frame.type === 'unknown') return Buffer.of(0, 0, 0, 4, 1, frame.code, 0, 0)
  if (frame.type !== 'message') return encodeFrame(frame)
  const out = new ByteWriter()
  writeMessageHeader(out, frame.number, frame.options, frame.body.length)
  return out.raw(frame.body).take()
}

const decode = (bytes: Buffer) => decodeFrame(bytes, 4, bytes.length)
const ALL = Object.entries<Frame>({ ...CONTROL, ...MESSAGES })

for (const [name, frame] of ALL) {
  t.test(`${name}: comes back as it was`, async t => {
    const bytes = encode(frame)
    t.equal(bytes.readUInt32BE(0), bytes.length - 4, 'the length is that of the rest')
    t.strictSame(decode(bytes), frame)
  })

  t.test(`${name}: cut at every byte it is malformed, or a shorter body`, async t => {
    const bytes = encode(frame)
    for (let length = 4; length < bytes.length; length++) {
      const cut = bytes.subarray(0, length)
      const isShorterBody = frame.type === 'message' && length >= MESSAGE_HEADER_BYTES
      if (isShorterBody)
        t.strictSame(decode(cut), { ...frame, body: frame.body.subarray(0, length - MESSAGE_HEADER_BYTES) })
      else t.throws(() => decode(cut), MalformedError, `cut at ${length}`)
    }
  })

  t.test(`${name}: with any bit flipped it is malformed, or a frame that means what it says`, async t => {
    const bytes = encode(frame)
    for (let bit = 32; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      try {
        const other = decode(flipped)
        t.strictSame(decode(encode(other)), other, `bit ${bit}`)
      } catch (error) {
        t.ok(error instanceof MalformedError, `bit ${bit}: ${error}`)
      }
    }
  })
}

t.test('what a newer version has appended, and the flags that it has added, are left out', async t => {
  for (const [name, frame] of Object.entries(CONTROL)) {
    const longer = Buffer.concat([encode(frame), Buffer.from([0])])
    t.strictSame(decode(longer), frame, name)
    longer.writeUInt16BE(longer.readUInt16BE(6) | 0xfffc, 6)
    t.strictSame(decode(longer), frame, `${name}, with flags`)
  }
})

t.test('a type and a reason of a newer version are unknown', async t => {
  t.strictSame(decode(Buffer.from([0, 0, 0, 5, 1, 12, 0, 0, 7])), { type: 'unknown', code: 12 })
  t.strictSame(decode(Buffer.from([0, 0, 0, 4, 1, 0, 0, 0])), { type: 'unknown', code: 0 })
  const refused = Buffer.from([0, 0, 0, 8, 1, 3, 0, 0, 99, 2, 110, 111])
  t.strictSame(decode(refused), { type: 'refused', reason: 'unknown', text: 'no' })
})

t.test('what no member sends is malformed', async t => {
  const header = (version: number, type: number, flags = 0) =>
    Buffer.from([0, 0, 0, 0, version, type, flags >> 8, flags & 255])
  const cases: [string, Buffer][] = [
    ['another frame version', header(2, 8)],
    ['message number 0', Buffer.concat([header(1, 4, 8), Buffer.alloc(6)])],
    ['a hello without the magic', Buffer.concat([header(1, 1), Buffer.alloc(60)])],
    [
      'more members than a frame may tell',
      Buffer.concat([header(1, 9), Buffer.from([0xe9, 7]), Buffer.alloc(19 * 1001)]),
    ],
    [
      'a host longer than any',
      Buffer.concat([header(1, 9), Buffer.from([1]), Buffer.alloc(16), Buffer.from([0x80, 2]), Buffer.alloc(258)]),
    ],
    [
      'a range that runs backwards',
      Buffer.concat([header(1, 5), Buffer.from('000000000009010000000000050000000000030000', 'hex')]),
    ],
    ['a list longer than its frame', Buffer.concat([header(1, 5), Buffer.from('000000000009ffffff7f', 'hex')])],
  ]
  for (const [name, bytes] of cases) t.throws(() => decode(bytes), MalformedError, name)
})
