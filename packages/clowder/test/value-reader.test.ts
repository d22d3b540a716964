import { MalformedError } from '@clowder/tribes'
import { Packr } from 'msgpackr'
import t from 'tap'
import { UndecodableValueError, ValueCodec } from '../src/index.js'

const codec = new ValueCodec()
const decode = (...bytes: (number | string)[]) => codec.decode(bytesOf(bytes))

/** Numbers are bytes, texts their characters. */
function bytesOf(parts: readonly (number | string)[]): Buffer {
  return Buffer.concat(parts.map(part => (typeof part === 'number' ? Buffer.of(part) : Buffer.from(part))))
}

t.test('names that other objects inherit are plain keys', async t => {
  const given = JSON.parse(
    '{"__proto__":{"admin":true},"constructor":{"prototype":{"admin":true}},"prototype":1,"x":{"__proto__":2}}',
  )
  const back = codec.decode(codec.encode(given)) as Record<string, unknown>
  t.equal(JSON.stringify(back), JSON.stringify(given))
  t.equal(Object.getPrototypeOf(back), Object.prototype)
  t.notOk('admin' in back)
  t.notOk('admin' in {})
  // As a member that does not escape the name would send it: a shape of one name, then an array.
  const raw = decode(0xd4, 0x72, 0x40, 0x91, 0xa9, '__proto__', 0x91, 0x01) as object
  t.strictSame(Object.keys(raw), ['__proto__'])
  t.equal(Object.getPrototypeOf(raw), Object.prototype)
})

t.test('no code is made of names, however often they come', async t => {
  const make = globalThis.Function
  let made = 0
  globalThis.Function = new Proxy(make, {
    construct: (target, args) => {
      made++
      return Reflect.construct(target, args)
    },
  })
  t.teardown(() => {
    globalThis.Function = make
  })
  const users = Array.from({ length: 50 }, (_, id) => ({ id, 'a"b': id }))
  t.strictSame(codec.decode(codec.encode(users)), users)
  t.equal(made, 0)
  const bytes = new Packr({ structuredClone: true }).pack(users)
  new Packr({ structuredClone: true }).unpack(bytes)
  t.ok(made > 0, 'as the reader of msgpackr does')
})

t.test('a length is refused before anything is made for it', async t => {
  const before = process.memoryUsage()
  for (const token of [0xc6, 0xc9, 0xdb, 0xdd, 0xdf]) {
    t.throws(() => decode(token, 0xff, 0xff, 0xff, 0xff), { code: 'CLOWDER_UNDECODABLE_VALUE' }, `${token}`)
    t.throws(() => decode(token, 0x7f, 0xff, 0xff, 0xff, 0x01), UndecodableValueError, `${token} with a byte`)
  }
  t.throws(() => decode(0xd4, 0x73, 0x00, 0xdd, 0xff, 0xff, 0xff, 0xff), UndecodableValueError, 'a set')
  t.throws(() => decode(0xd4, 0x72, 0x40, 0xdd, 0xff, 0xff, 0xff, 0xff), UndecodableValueError, 'a shape')
  const after = process.memoryUsage()
  t.ok(after.arrayBuffers - before.arrayBuffers < 1_000_000)
  t.ok(after.heapUsed - before.heapUsed < 32_000_000)
})

t.test('depth and number of objects have a limit', async t => {
  const nested = (depth: number) => decode(...Array<number>(depth).fill(0x91), 0xc0)
  t.ok(nested(65))
  t.throws(() => nested(66), { cause: { message: /deeper than 64 levels/ } })
  t.throws(() => codec.decode(Buffer.alloc(900_000, 0x91)), UndecodableValueError, 'and the stack is not the limit')
  for (const [what, ...parts] of [
    ['shapes of shapes', 0xd4, 0x72, 0x40],
    ['shapes with a number', 0xd4, 0x72, 0x40, 0xd6, 0x69, 0, 0, 0, 1],
    ['numbers of numbers', 0xd6, 0x69, 0, 0, 0, 1],
    ['errors for a name', 0xd4, 0x65, 0, 0x93],
    ['errors for a message', 0xd4, 0x65, 0, 0x93, 0xa0],
    ['errors for a cause', 0xd4, 0x65, 0, 0x93, 0xa0, 0xa0],
    ['patterns of patterns', 0xd4, 0x78, 0, 0x92],
  ] as const) {
    const bytes = Buffer.concat(Array<Buffer>(100_000).fill(bytesOf(parts)))
    t.throws(() => codec.decode(bytes), { cause: MalformedError }, what)
  }
  const shared: object[] = []
  let inner: object = {}
  for (let i = 0; i < 63; i++) shared[i] = inner = i % 2 ? new Set([inner]) : { [`name ${i}`]: inner }
  const back = codec.decode(codec.encode([inner, ...shared])) as object[]
  t.strictSame(back, [inner, ...shared], 'what is as deep as it may be, and comes twice')
  const many = (count: number) =>
    codec.decode(
      Buffer.concat([Buffer.of(0xdd, 0, count >> 16, (count >> 8) & 255, count & 255), Buffer.alloc(count, 0x90)]),
    )
  t.equal((many(131_071) as unknown[]).length, 131_071)
  t.throws(() => many(131_072), { cause: { message: /more than 131072 objects/ } })
})

t.test('the place where an error is read is no part of it, and costs nothing', async t => {
  const limit = Error.stackTraceLimit
  const back = codec.decode(codec.encode(new RangeError('too far', { cause: new Error('why') }))) as RangeError
  t.equal(back.stack, 'RangeError: too far')
  t.equal((back.cause as Error).stack, 'Error: why')
  t.equal(Error.stackTraceLimit, limit)
  t.ok(limit > 0)
})

t.test('what msgpackr would read and never writes is refused', async t => {
  const cases: [string, (number | string)[]][] = [
    ['nothing', []],
    ['a byte after the value', [0xc0, 0xc0]],
    ['the byte that marks escaped strings, inside', [0x91, 0xc1]],
    ['bundled strings', [0xd6, 0x62, 0, 0, 0, 0, 0xa0, 0xa0]],
    ['an object of no known shape', [0x40]],
    ['a shape of numbers', [0xd4, 0x72, 0x40, 0x91, 0x01, 0x01]],
    ['a shape with a number of two bytes', [0xd5, 0x72, 0x60, 0x01, 0x91, 0xa1, 'a', 0x01]],
    ['a pointer to nothing', [0xd6, 0x70, 0, 0, 0, 1]],
    ['two objects of one number', [0x92, 0xd6, 0x69, 0, 0, 0, 1, 0x90, 0xd6, 0x69, 0, 0, 0, 1, 0x90]],
    ['a number that is no object', [0xd6, 0x69, 0, 0, 0, 1, 0x05]],
    ['an object of two numbers', [0xd6, 0x69, 0, 0, 0, 1, 0xd6, 0x69, 0, 0, 0, 2, 0x90]],
    ['an error called toString', [0xd4, 0x65, 0, 0x93, 0xa8, 'toString', 0xa1, 'm', 0xc0]],
    ['an AggregateError', [0xd4, 0x65, 0, 0x93, 0xae, 'AggregateError', 0xa1, 'm', 0xc0]],
    ['an error of four parts', [0xd4, 0x65, 0, 0x94, 0xa1, 'E', 0xa1, 'm', 0xc0, 0xc0]],
    ['a pattern that is none', [0xd4, 0x78, 0, 0x92, 0xa1, '(', 0xa0]],
    ['a pattern with flags that are none', [0xd4, 0x78, 0, 0x92, 0xa1, 'a', 0xa1, '?']],
    ['half a number', [0xc7, 0x03, 0x74, 0x03, 1, 2, 3]],
    ['an array of unknown type', [0xc7, 0x02, 0x74, 0x12, 1]],
    ['a bigint of no bytes', [0xc7, 0x00, 0x42]],
    ['an extension of somebody else', [0xd4, 0x01, 0x00]],
  ]
  for (const [name, bytes] of cases) {
    t.throws(() => decode(...bytes), UndecodableValueError, name)
    t.doesNotThrow(() => decode(0x91, 0xa3, 'tom'), 'and the next value is read')
  }
  t.throws(() => decode(0x91), { cause: { name: MalformedError.name } }, 'it says why')
})
