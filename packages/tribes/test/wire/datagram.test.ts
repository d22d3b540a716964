import fc from 'fast-check'
import t from 'tap'
import { MalformedError } from '../../src/errors.js'
import { member } from '../../src/member.js'
import {
  type Datagram,
  decodeDatagram,
  encodeDatagram,
  LONGEST_HEARTBEAT_BYTES,
  MAX_DATAGRAM_BYTES,
} from '../../src/wire/datagram.js'
import { MAX_DOMAIN_BYTES, MAX_HOST_BYTES, MAX_NAME_BYTES, MAX_PAYLOAD_BYTES } from '../../src/wire/member-record.js'
import { memberOf } from '../support/membership-world.js'

const EXAMPLE: Datagram = {
  type: 'alive',
  wantsAnswer: true,
  clusterName: 'cats',
  member: memberOf(7, { host: 'fd00::7', name: 'tom', domain: 'eu', payload: Uint8Array.of(1, 2, 3), aliveMs: 70_000 }),
}

const text = (maxBytes: number) =>
  fc.string({ unit: 'grapheme', maxLength: maxBytes }).filter(s => Buffer.byteLength(s) <= maxBytes)
const anyMember = fc
  .record({
    uniqueId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    host: text(MAX_HOST_BYTES),
    port: fc.integer({ min: 0, max: 65_535 }),
    name: text(MAX_NAME_BYTES),
    domain: text(MAX_DOMAIN_BYTES),
    payload: fc.uint8Array({ maxLength: MAX_PAYLOAD_BYTES }),
    aliveMs: fc.maxSafeNat(),
  })
  .map(fields => member({ ...fields }))
const anyDatagram: fc.Arbitrary<Datagram> = fc
  .tuple(fc.constantFrom<Datagram['type']>('alive', 'leave'), fc.boolean(), text(64), anyMember)
  .map(([type, wantsAnswer, clusterName, member]) => ({ type, wantsAnswer, clusterName, member }))

t.test('the bytes of a heartbeat are these', async t => {
  const bytes = encodeDatagram(EXAMPLE)
  const head = '434c574401010001' // CLWD · version 1 · alive · wants an answer
  const record = `${'07'.repeat(16)}07${Buffer.from('fd00::7').toString('hex')}0fa003746f6d02657503010203f0a204`
  t.equal(bytes.toString('hex'), `${head}0463617473${record}`)
})

t.test('what was encoded is decoded, and fits one datagram', async t => {
  fc.assert(
    fc.property(anyDatagram, datagram => {
      const bytes = encodeDatagram(datagram)
      t.ok(bytes.length <= MAX_DATAGRAM_BYTES)
      t.strictSame(decodeDatagram(bytes), datagram)
    }),
    { numRuns: 300 },
  )
})

t.test('the longest of everything fits', async t => {
  const longest = memberOf(1, {
    host: 'h'.repeat(MAX_HOST_BYTES),
    port: 65_535,
    name: 'n'.repeat(MAX_NAME_BYTES),
    domain: 'd'.repeat(MAX_DOMAIN_BYTES),
    payload: new Uint8Array(MAX_PAYLOAD_BYTES),
    aliveMs: Number.MAX_SAFE_INTEGER,
  })
  const bytes = encodeDatagram({ type: 'alive', wantsAnswer: false, clusterName: 'c'.repeat(64), member: longest })
  t.equal(bytes.length, LONGEST_HEARTBEAT_BYTES)
  t.ok(bytes.length <= MAX_DATAGRAM_BYTES, `${bytes.length} bytes`)
})

t.test('a datagram cut at any byte is malformed', async t => {
  const bytes = encodeDatagram(EXAMPLE)
  for (let end = 0; end < bytes.length; end++) {
    t.throws(() => decodeDatagram(bytes.subarray(0, end)), { code: 'TRIBES_MALFORMED' }, `cut at ${end}`)
  }
})

t.test('a flipped bit is malformed or another datagram, never another error', async t => {
  const bytes = encodeDatagram(EXAMPLE)
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Buffer.from(bytes)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    onlyMalformed(flipped)
  }
  t.pass(`${bytes.length * 8} bits`)
})

t.test('arbitrary bytes are malformed or a datagram, never another error', async t => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 1400 }), onlyMalformed), { numRuns: 2000 })
  const head = encodeDatagram(EXAMPLE).subarray(0, 8)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1200 }), tail => onlyMalformed(Buffer.concat([head, tail]))),
    { numRuns: 2000 },
  )
  t.pass()
})

t.test('flags and fields of a later version are ignored', async t => {
  const bytes = encodeDatagram({ ...EXAMPLE, wantsAnswer: false })
  bytes.writeUInt16BE(0xfffe, 6)
  t.strictSame(decodeDatagram(Buffer.concat([bytes, Buffer.from('later')])), { ...EXAMPLE, wantsAnswer: false })
})

t.test('what is not ours is malformed', async t => {
  const changed = (at: number, byte: number) => {
    const bytes = encodeDatagram(EXAMPLE)
    bytes[at] = byte
    return bytes
  }
  const cases: [string, Uint8Array, RegExp][] = [
    ['magic', Buffer.from('TRIBES-B\x01\x00 and so on'), /not a heartbeat of Clowder/],
    ['version', changed(4, 2), /version 2, this is 1/],
    ['type', changed(5, 9), /unknown type 9/],
    ['cluster name too long', changed(8, 65), /65 bytes is longer than 64/],
    ['too long', Buffer.concat([encodeDatagram(EXAMPLE), Buffer.alloc(MAX_DATAGRAM_BYTES)]), /a datagram of \d+ bytes/],
  ]
  for (const [name, bytes, message] of cases) t.throws(() => decodeDatagram(bytes), { message }, name)
})

t.test('a decoded member keeps nothing of the buffer it came in', async t => {
  const bytes = encodeDatagram(EXAMPLE)
  const { member } = decodeDatagram(bytes)
  bytes.fill(0xff)
  t.strictSame(member, EXAMPLE.member)
})

function onlyMalformed(bytes: Uint8Array): void {
  try {
    decodeDatagram(bytes)
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
  }
}
