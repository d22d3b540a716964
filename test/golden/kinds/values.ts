import { ValueCodec } from '../../../packages/clowder/src/value-codec.js'
import { goldenKind } from '../golden-kind.js'

const codec = new ValueCodec()
const shared = { color: 'red' }
const cycle: Record<string, unknown> = { name: 'loop' }
cycle.self = cycle
const twice = (make: () => unknown) => [make(), make()]
const cause = new Error('no answer', { cause: new TypeError('deep') })

const samples: (readonly [string, unknown])[] = [
  ['null', null],
  ['undefined', undefined],
  ['true and false', [true, false]],
  ['small integers', [0, 1, 63, 64, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1]],
  ['negative integers', [-1, -32, -33, -128, -129, -32_768, -32_769, -(2 ** 31)]],
  ['large and broken numbers', [2 ** 32, -(2 ** 31) - 1, 1.5, 1e300, Number.NaN, Number.POSITIVE_INFINITY]],
  ['bigints', [0n, 1n, -1n, 2n ** 63n, 2n ** 64n, -(2n ** 64n), 2n ** 200n, -(2n ** 1000n)]],
  ['strings', ['', 'tom', 'äöü €', '😀', 'x'.repeat(31), 'x'.repeat(32), 'y'.repeat(300)]],
  ['a string of 70,000 bytes', 'z'.repeat(70_000)],
  ['strings that are not well-formed', ['\ud83d', { '\udc00': 'half' }]],
  ['an array of 20', Array.from({ length: 20 }, (_, i) => i)],
  ['an empty object', {}],
  ['objects of one shape', twice(() => ({ id: 1, name: 'a' }))],
  ['an object within an object', { user: { name: 'tom', tags: ['a', 'b'] } }],
  ['keys of all kinds', { '': 1, 'a-b': 2, '7': 3, constructor: 4, prototype: 5, toString: 6, __keys__: 7 }],
  [
    'a map',
    new Map<unknown, unknown>([
      ['a', 1],
      [2, { b: 3 }],
    ]),
  ],
  ['a set', new Set([1, 'two', null])],
  ['dates', [new Date(0), new Date(1_735_689_600_123), new Date(-1), new Date(8.64e15), new Date(Number.NaN)]],
  ['a Buffer', Buffer.from('bytes')],
  ['an ArrayBuffer', Uint8Array.of(1, 2, 3).buffer],
  [
    'typed arrays',
    [Int8Array.of(-1), Uint8ClampedArray.of(9), Int16Array.of(-2), Float64Array.of(1.5), BigInt64Array.of(-1n)],
  ],
  ['a DataView', new DataView(Uint8Array.of(1, 2).buffer)],
  ['a pattern', [/a+\/b/giu, /^$/]],
  ['an error', cause],
  ['an object that comes twice', [shared, shared]],
  ['an object that contains itself', cycle],
  ['many shapes', Array.from({ length: 40 }, (_, i) => ({ [`key${i}`]: i }))],
]

export const values = goldenKind<unknown>({
  name: 'values',
  refusals: ['CLOWDER_UNDECODABLE_VALUE'],
  samples,
  encode: value => codec.encode(value),
  decode: bytes => codec.decode(bytes),
})
