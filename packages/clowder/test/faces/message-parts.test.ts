import { ByteWriter, MalformedError } from '@clowder/tribes'
import t from 'tap'
import { PartReader, PartWriter } from '../../src/faces/socket.io/message-parts.js'
import { decodePacket } from '../../src/faces/socket.io/packet-codec.js'
import { ValueCodec } from '../../src/index.js'

const [ada, eve] = [{ id: 'ada' }, { id: 'eve' }] as unknown as Parameters<PartReader['read']>[1][]

/** What a reader makes of each part, whose bytes are another message's as soon as it has been read. */
function readAll(reader: PartReader, parts: readonly Uint8Array[], source = ada!): (string | undefined)[] {
  return parts.map(part => {
    const body = Uint8Array.from(part)
    const message = reader.read(body, source)
    const text = message && Buffer.from(message).toString()
    body.fill(0)
    return text
  })
}

const long = (letter: string) => Buffer.from(letter.repeat(150_000))

t.test('a message comes out as it went in, whether it fits a frame or not', async t => {
  const writer = new PartWriter('chat')
  const reader = new PartReader('chat')
  t.strictSame(readAll(reader, writer.parts(Buffer.from('x'))), ['x'])
  t.strictSame(readAll(reader, writer.parts(long('y'))), [undefined, undefined, String(long('y'))])
  t.ok(writer.parts(long('z')).every(part => part.length < 65_536 - 512))
})

t.test('messages of two members do not mix', async t => {
  const writer = new PartWriter('')
  const reader = new PartReader('')
  const [a, b] = [writer.parts(long('a')), writer.parts(long('b'))]
  readAll(reader, a.slice(0, 2))
  readAll(reader, b.slice(0, 2), eve)
  t.strictSame(readAll(reader, a.slice(2)), [String(long('a'))])
  t.strictSame(readAll(reader, b.slice(2), eve), [String(long('b'))])
})

t.test('a message that lacks a part, or whose sender is gone, is dropped, and the next one is not', async t => {
  const writer = new PartWriter('')
  const reader = new PartReader('')
  const [a, b, c, d] = [
    writer.parts(long('a')),
    writer.parts(long('b')),
    writer.parts(long('c')),
    writer.parts(long('d')),
  ]
  t.strictSame(readAll(reader, [a[0]!, a[2]!]), [undefined, undefined])
  t.strictSame(readAll(reader, [b[1]!, b[2]!]), [undefined, undefined])
  t.strictSame(readAll(reader, [c[0]!, c[1]!, d[2]!]), [undefined, undefined, undefined])
  t.strictSame(readAll(reader, d), [undefined, undefined, String(long('d'))])
  readAll(reader, a.slice(0, 2))
  reader.forget(ada!)
  t.strictSame(readAll(reader, a.slice(2)), [undefined])
})

t.test('a reader accepts what is for its server, and nothing else', async t => {
  const reader = new PartReader('chat')
  t.ok(reader.accepts(new PartWriter('chat').parts(Buffer.from('x'))[0]!))
  for (const body of [
    ...new PartWriter('cha').parts(Buffer.from('x')),
    Buffer.of(0x53),
    Buffer.of(),
    Buffer.of(0x48, 1),
  ])
    t.notOk(reader.accepts(body))
})

t.test('what cannot be a part is refused', async t => {
  const reader = new PartReader('')
  const head = () => new ByteWriter().u8(0x53).text('')
  t.throws(() => reader.read(head().varint(1).varint(1_000_000).varint(0).take(), ada!), { code: 'TRIBES_MALFORMED' })
  t.throws(() => reader.read(head().varint(1).take(), ada!), { code: 'TRIBES_MALFORMED' })
})

t.test('a message grows to 64 MiB at most, whatever its parts promise', async t => {
  const reader = new PartReader('')
  const part = (index: number) => {
    const head = new ByteWriter().u8(0x53).text('').varint(1).varint(4_096).varint(index)
    return head.raw(Buffer.alloc(8_388_608)).take()
  }
  for (let index = 0; index < 8; index++) t.equal(reader.read(part(index), ada!), undefined)
  t.throws(() => reader.read(part(8), ada!), MalformedError)
  t.equal(reader.read(part(9), ada!), undefined, 'and what was there of it is forgotten')
  t.throws(() => new PartWriter('').parts(Buffer.alloc(67_108_865)), { code: 'TRIBES_MESSAGE_TOO_LARGE' })
})

t.test('a value that no adapter has sent is malformed', async t => {
  for (const value of [null, 7, [], {}, { uid: 'x' }, { uid: 1, nsp: '/' }])
    t.throws(() => decodePacket(new ValueCodec().encode(value)), MalformedError, JSON.stringify(value))
})
