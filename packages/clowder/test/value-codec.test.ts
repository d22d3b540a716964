import { isDeepStrictEqual } from 'node:util'
import { UnserializableValueError } from '@clowder/ha'
import fc from 'fast-check'
import t from 'tap'
import { UndecodableValueError } from '../src/errors.js'
import { ValueCodec } from '../src/value-codec.js'

const codec = new ValueCodec()
/** Not a literal, because the compiler's target is older than the flag. */
const SETS_FLAG = 'v'
const roundTrip = (value: unknown) => codec.decode(codec.encode(value))

function cyclic(): Record<string, unknown> {
  const value: Record<string, unknown> = { name: 'me' }
  value.self = value
  return value
}

function ring(length: number): unknown {
  const nodes: { i: number; next?: unknown; previous?: unknown }[] = Array.from({ length }, (_, i) => ({ i }))
  for (const node of nodes) {
    node.next = nodes[(node.i + 1) % length]
    node.previous = nodes[(node.i + length - 1) % length]
  }
  return nodes[0]
}

function setInItself(): Set<unknown> {
  const set = new Set<unknown>([1])
  return set.add(set).add('last')
}

function mapInItself(): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>()
  return map.set('me', map).set(map, 'as a key').set('deep', [{ map }])
}

const kept: Record<string, unknown> = {
  undefined: undefined,
  null: null,
  booleans: [true, false],
  'whole numbers at every width': [
    0,
    31,
    32,
    63,
    64,
    127,
    128,
    255,
    256,
    65_535,
    65_536,
    2 ** 31,
    2 ** 32,
    2 ** 53,
    -1,
    -33,
    -129,
    -32_769,
    -(2 ** 31) - 1,
  ],
  'other numbers': [0.1, 1e308, 5e-324, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  'bigints within 64 bits': [0n, 1n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n)],
  'bigints beyond 64 bits': [
    2n ** 64n,
    -(2n ** 63n) - 1n,
    2n ** 200n,
    -(2n ** 200n),
    2n ** 70_000n + 5n,
    -(2n ** 70_000n) - 7n,
  ],
  'dates before, at and after 1970': [
    new Date(-1),
    new Date(0),
    new Date(1),
    new Date(1_700_000_000_123),
    new Date(8.64e15),
    new Date(-8.64e15),
  ],
  'a Map with keys of every type': new Map<unknown, unknown>([
    ['a', 1],
    [1, 'b'],
    [{ k: 1 }, new Set([1])],
    [null, undefined],
    [Number.NaN, 2n],
  ]),
  'empty collections': [new Map(), new Set(), [], {}, '', new Uint8Array(), new Float64Array(), new ArrayBuffer(0)],
  'a Set of objects': new Set([1, 'a', { b: 1 }]),
  'every typed array': [
    Int8Array.of(-1),
    Uint8Array.of(1, 255),
    Uint8ClampedArray.of(1, 255),
    Int16Array.of(-5),
    Uint16Array.of(65_535),
    Int32Array.of(-7),
    Uint32Array.of(7),
    Float32Array.of(1.5),
    Float64Array.of(Math.PI, Number.NaN, Number.NEGATIVE_INFINITY),
    BigInt64Array.of(-1n),
    BigUint64Array.of(2n ** 64n - 1n),
  ],
  'an ArrayBuffer and a DataView': [Uint8Array.of(1, 2, 3).buffer, new DataView(Uint8Array.of(1, 2, 3, 4).buffer)],
  'a Buffer': Buffer.from('bytes'),
  'a long Buffer': Buffer.alloc(100_000, 7),
  'a view into the middle of a buffer': new Uint8Array(new ArrayBuffer(100), 10, 3),
  'regular expressions': [/a\/b/giu, new RegExp('^\\p{L}+$', SETS_FLAG)],
  errors: [new Error('m'), new TypeError('t', { cause: { a: [1] } }), Object.assign(new Error('q'), {})],
  'a cycle through an object': cyclic(),
  'a cycle through a Set': setInItself(),
  'a cycle through a Map': mapInItself(),
  'a ring of objects': ring(50),
  'a half of a surrogate pair': [
    'a\ud800b',
    '\udc00',
    `${'x'.repeat(100)}\ud800`,
    { '\ud83d': new Map([['\ud800', new Set(['\\ud800 \ud800'])]]) },
  ],
  'a cycle with half of a surrogate pair': Object.assign(cyclic(), { text: '\ud800' }),
  'an error with half of a surrogate pair': new RangeError('\ud800', { cause: '\udc00' }),
  'long and special strings': [
    'é'.repeat(100_000),
    '😀'.repeat(50),
    '\0',
    '\ufeffabc',
    `\ufeff${'a'.repeat(100)}`,
    '\\k',
    '\\u0041',
  ],
  'odd keys': {
    '': 1,
    ' ': 2,
    'a-b': 3,
    constructor: 4,
    toString: 5,
    hasOwnProperty: 6,
    toJSON: 7,
    é: 8,
    1: 9,
    length: 10,
    prototype: 11,
    valueOf: 12,
    __keys__: 13,
    '\\k': 14,
  },
  'the key __keys__ in every place': [{ a: 1, __keys__: 2 }, { a: 1 }, { __keys__: { __keys__: 3 } }, {}],
  'many shapes': Array.from({ length: 300 }, (_, i) => ({ [`k${i % 100}`]: i, x: { [`y${i % 70}`]: 1 } })),
  'many objects of one shape': Array.from({ length: 100 }, (_, i) => ({ id: i, 'odd key': 1, p: { q: i } })),
  'more properties than 16 bits count': Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i])),
  'more elements than 16 bits count': Array.from({ length: 70_000 }, (_, i) => i),
  'properties that are undefined': { a: undefined, b: [undefined, null] },
}

t.test('what the codec accepts comes back as it was, and gives the same bytes again', async t => {
  for (const [name, value] of Object.entries(kept)) {
    const bytes = codec.encode(value)
    const decoded = codec.decode(bytes)
    t.ok(isDeepStrictEqual(decoded, value), `${name}: the value`)
    t.ok(Buffer.from(codec.encode(decoded)).equals(bytes), `${name}: the bytes`)
  }
})

t.test('any plain value comes back as it was, and gives the same bytes again', async () => {
  const anything = fc.anything({
    withDate: true,
    withMap: true,
    withSet: true,
    withBigInt: true,
    withTypedArray: true,
    maxDepth: 5,
    key: fc
      .oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__keys__', 'constructor', 'toJSON', '0'))
      .filter(k => k !== '__proto__'),
    values: [
      fc.boolean(),
      fc.double().map(n => n + 0 || 0),
      fc.double({ noDefaultInfinity: true }).filter(n => !Object.is(n, -0)),
      fc.string({ unit: 'binary' }),
      fc.array(fc.integer({ min: 0, max: 0xffff })).map(units => String.fromCharCode(...units)),
      fc.constantFrom(null, undefined, Number.NaN),
      fc.bigInt(),
    ],
  })
  fc.assert(
    fc.property(anything, value => {
      const bytes = codec.encode(value)
      const decoded = codec.decode(bytes)
      return sameValue(decoded, value) && Buffer.from(codec.encode(decoded)).equals(bytes)
    }),
    { numRuns: 2000 },
  )
})

t.test('references that are shared stay shared', async t => {
  const one = { n: 1 }
  const date = new Date()
  const decoded = roundTrip({ a: one, b: [one], dates: [date, date] }) as { a: object; b: object[]; dates: Date[] }
  t.equal(decoded.a, decoded.b[0])
  t.equal(decoded.dates[0], decoded.dates[1])
})

t.test('each decoding is fresh and shares no memory with the bytes', async t => {
  const bytes = codec.encode({
    buffer: Buffer.from('abc'),
    u8: Uint8Array.of(1, 2),
    f64: Float64Array.of(1.5),
    text: 'x'.repeat(200),
  })
  const first = codec.decode(bytes)
  const second = codec.decode(bytes)
  bytes.fill(0xff)
  t.strictSame(first, {
    buffer: Buffer.from('abc'),
    u8: Uint8Array.of(1, 2),
    f64: Float64Array.of(1.5),
    text: 'x'.repeat(200),
  })
  t.not(first, second)
})

t.test('encodings share no memory with each other', async t => {
  const first = codec.encode({ a: 1 })
  const before = Buffer.from(first)
  codec.encode({ b: 'x'.repeat(10_000) })
  t.ok(before.equals(first))
  t.equal(first.buffer.byteLength, first.byteLength, 'and each is exactly as long as its bytes')
})

t.test('a value of several megabytes does not disturb the next ones', async t => {
  const large = Buffer.alloc(3_000_000, 1)
  t.ok(isDeepStrictEqual(roundTrip({ large }), { large }))
  t.strictSame(roundTrip({ small: [1, 'two'] }), { small: [1, 'two'] })
})

t.test('five things come back plain', async t => {
  t.ok(Object.is(roundTrip(-0), 0), '-0 as 0')
  const bare = Object.assign(Object.create(null), { a: 1 })
  t.equal(Object.getPrototypeOf(roundTrip(bare)), Object.prototype, 'no prototype as the ordinary one')
  const withGetter = {
    get answer() {
      return 42
    },
  }
  t.strictSame(roundTrip(withGetter), { answer: 42 }, 'a getter as its value')
  const buffer = new ArrayBuffer(8)
  const [a, b] = roundTrip([new Uint8Array(buffer), new Uint8Array(buffer)]) as [Uint8Array, Uint8Array]
  t.not(a.buffer, b.buffer, 'views of one buffer as views of two')
  const used = /a/g
  used.test('a')
  t.equal((roundTrip(used) as RegExp).lastIndex, 0, 'a RegExp at its beginning')
})

t.test('objects of another realm are plain objects', async t => {
  const { runInNewContext } = await import('node:vm')
  t.strictSame(roundTrip(runInNewContext('({ a: { b: 1 } })')), { a: { b: 1 } })
  const { parse } = await import('node:querystring')
  t.strictSame(roundTrip(parse('a=1')), { a: '1' })
})

class Cart {}
class Items extends Array<number> {}

function nested(depth: number): unknown {
  let value: unknown = 'bottom'
  for (let i = 0; i < depth; i++) value = [value]
  return value
}

function selfCause(): Error {
  const error = new Error('loop')
  error.cause = { error }
  return error
}

const hole: number[] = [1]
hole[2] = 3

const refused: [name: string, value: unknown, path: string, found: RegExp][] = [
  ['a function', () => 1, '', /^a function$/],
  ['a method deep inside', { items: [0, 1, 2, { onClick() {} }] }, '.items[3].onClick', /^a function$/],
  ['an element', [1, 2, Symbol('x')], '[2]', /^a symbol$/],
  ['a symbol as key', { a: { [Symbol('x')]: 1 } }, '.a', /symbol for a key/],
  ['a value in a Map', new Map([['x', { f() {} }]]), '<entry 0>.f', /^a function$/],
  [
    'a later value in a Map',
    new Map<number, unknown>([
      [7, 1],
      [8, Cart],
    ]),
    '<entry 1>',
    /^a function$/,
  ],
  ['a value in a Map with an object as key', new Map([[{}, Cart]]), '<entry 0>', /^a function$/],
  ['a key of a Map', new Map([[new Cart(), 1]]), '<key of entry 0>', /^an instance of Cart$/],
  ['a member of a Set', { s: new Set([1, Cart]) }, '.s<member 1>', /^a function$/],
  ['a key that is no identifier', { 'a b': { 'c"d': Cart } }, '["a b"]["c\\"d"]', /^a function$/],
  ['a class instance', { cart: new Cart() }, '.cart', /^an instance of Cart$/],
  ['a subclass of Array', new Items(), '', /^an instance of Items$/],
  ['a WeakMap', { w: new WeakMap() }, '.w', /^an instance of WeakMap$/],
  ['a Promise', { p: Promise.resolve() }, '.p', /^an instance of Promise$/],
  ['a stream', { out: process.stdout }, '.out', /^an instance of /],
  ['a boxed string', { s: Object('s') }, '.s', /^an instance of String$/],
  ['shared memory', { m: new SharedArrayBuffer(1) }, '.m', /^an instance of SharedArrayBuffer$/],
  [
    'a getter that throws',
    {
      a: {
        get b() {
          throw new Error('no')
        },
      },
    },
    '.a.b',
    /^a getter that throws \(Error\)$/,
  ],
  [
    'a Proxy that throws',
    {
      a: new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('no')
          },
        },
      ),
    },
    '.a',
    /throws when it is read \(Error\)$/,
  ],
  ['a revoked Proxy', { a: revokedProxy() }, '.a', /throws when it is read/],
  ['a Date that is none', { d: Object.create(Date.prototype) }, '.d', /throws when it is read/],
  ['an array with holes', { a: hole }, '.a', /^an array with holes$/],
  [
    'an array with a hole and as much more',
    { a: Object.assign(hole.slice(), { total: 1 }) },
    '.a',
    /^an array with holes$/,
  ],
  ['an array with more', { a: Object.assign([1], { total: 1 }) }, '.a', /properties besides its elements$/],
  ['a Map with more', { m: Object.assign(new Map(), { total: 1 }) }, '.m', /^a Map with properties of its own$/],
  [
    'an Error with more',
    { e: Object.assign(new Error('x'), { code: 'E' }) },
    '.e',
    /^an Error with properties of its own$/,
  ],
  ['an AggregateError', { e: new AggregateError([]) }, '.e', /^an instance of AggregateError$/],
  [
    'an error named as every object has it',
    { e: Object.defineProperty(new Error('x'), 'name', { value: 'constructor' }) },
    '.e.name',
    /name of an error/,
  ],
  ['a function in the cause', new Error('x', { cause: { f() {} } }), '.cause.f', /^a function$/],
  ['an error that contains itself', [selfCause()], '[0].cause.error', /^an error that contains itself$/],
  [
    'inherited properties',
    { o: Object.create(Object.create(null, { x: { value: 1, enumerable: true } })) },
    '.o',
    /^an instance of/,
  ],
  ['too deep', nested(66), '[0]'.repeat(65), /^nested deeper than 64 levels$/],
  ['too many objects', Array.from({ length: 131_072 }, () => []), '[131071]', /^more than 131072 objects$/],
]

function revokedProxy(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

t.test('what would not come back as it was is refused with its path', async t => {
  for (const [name, value, path, found] of refused) {
    try {
      codec.encode(value)
      t.fail(`${name} was accepted`)
    } catch (error) {
      t.ok(error instanceof UnserializableValueError, `${name}: the error`)
      t.match(error, { path, found, code: 'HA_UNSERIALIZABLE_VALUE' }, name)
    }
  }
  t.strictSame(roundTrip(nested(64)), nested(64), '64 levels are accepted')
})

t.test('a long key is shortened in the path', async t => {
  t.throws(() => codec.encode({ ['k'.repeat(500)]: Cart }), new RegExp(`attribute \\.${'k'.repeat(59)}… is`))
})

t.test('bytes that are no value are an error of the codec', async t => {
  const good = codec.encode({ a: [1, 'two', new Date(), new Map([['k', 2n ** 80n]])] })
  t.throws(() => codec.decode(new Uint8Array()), UndecodableValueError)
  t.throws(() => codec.decode(good.subarray(0, good.length - 1)), { code: 'CLOWDER_UNDECODABLE_VALUE' })
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) => {
      const bad = good.slice()
      bad[at] = byte
      try {
        codec.decode(bad)
        return true
      } catch (error) {
        return error instanceof UndecodableValueError
      }
    }),
    { numRuns: 5000 },
  )
  t.strictSame(roundTrip({ still: 'works' }), { still: 'works' })
})

/** As isDeepStrictEqual, which in some versions of Node takes two invalid dates for different. */
function sameValue(a: unknown, b: unknown): boolean {
  if (isDeepStrictEqual(a, b)) return true
  return (
    Buffer.from(codec.encode(a)).equals(codec.encode(b)) &&
    JSON.stringify(a, bigintsToo) === JSON.stringify(b, bigintsToo)
  )
}

function bigintsToo(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value
}
