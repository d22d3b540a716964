const TEXTS = [
  '',
  'auto',
  '127.0.0.1',
  '0.0.0.0',
  'fd00::1',
  'all',
  'x'.repeat(10_000),
  '\ud800',
  '\u0000',
  '__proto__',
  '10.0.0.1:4000',
  '-1',
]
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  1.5,
  64,
  500,
  65_535,
  65_536,
  2 ** 31,
  2 ** 53,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1e308,
]
const MOST_DEPTH = 5

/** Makes of bytes what somebody could pass as options: of the names that there are and others, with values that fit and such that throw, change, go on for ever or contain themselves. */
export class HostileValue {
  readonly #bytes: Uint8Array
  readonly #names: readonly string[]
  readonly #made: object[] = []
  #at = 0

  constructor(bytes: Uint8Array, names: readonly string[]) {
    this.#bytes = bytes
    this.#names = names
  }

  object(depth = 0): object {
    const object: Record<string, unknown> = {}
    this.#made.push(object)
    for (let n = this.#next() % 5; n > 0; n--) this.#define(object, this.#name(), depth)
    return object
  }

  value(depth: number): unknown {
    const kind = this.#next() % 20
    if (depth > MOST_DEPTH) return kind
    switch (kind) {
      case 0:
      case 1:
      case 2:
      case 3:
        return this.object(depth + 1)
      case 4:
      case 5:
        return TEXTS[this.#next() % TEXTS.length]
      case 6:
      case 7:
        return NUMBERS[this.#next() % NUMBERS.length]
      case 8:
        return this.#next() % 2 === 0
      case 9:
        return Array.from({ length: this.#next() % 4 }, () => this.value(depth + 1))
      case 10:
        return this.#made[this.#next() % Math.max(1, this.#made.length)]
      case 11:
        return throwingProxy(this.object(depth + 1))
      case 12:
        return [null, undefined, Symbol('x'), 10n ** 30n, () => this.value(depth + 1), /x/, new Date(Number.NaN)][
          this.#next() % 7
        ]
      case 13:
        return new Map([[this.#name(), this.value(depth + 1)]])
      case 14:
        return Object.setPrototypeOf(this.object(depth + 1), null)
      case 15:
        return new Proxy(() => {}, {})
      case 16:
        return Array.from({ length: 2_000 }, () => 'localhost:1')
      case 17:
        return Object.freeze(this.object(depth + 1))
      case 18:
        return Buffer.alloc(64)
      default:
        return {
          toString: () => {
            throw new Error('toString')
          },
          toJSON: 1,
        }
    }
  }

  /** A value, or a getter that gives one, another one each time, or none. */
  #define(object: object, name: string, depth: number): void {
    const kind = this.#next() % 16
    const value = this.value(depth)
    let reads = 0
    const get = () => {
      if (kind === 0) throw new Error('a getter')
      return reads++ % 2 === 0 ? value : NUMBERS[reads % NUMBERS.length]
    }
    const property = kind < 2 ? { get } : { value, writable: true }
    Object.defineProperty(object, name, { ...property, enumerable: true, configurable: true })
  }

  #name(): string {
    const byte = this.#next()
    return byte < 240 ? this.#names[byte % this.#names.length]! : TEXTS[byte % TEXTS.length]!
  }

  #next(): number {
    return this.#bytes[this.#at++] ?? 0
  }
}

function throwingProxy(target: object): object {
  let calls = 0
  const sometimes = () => {
    if (calls++ > 2) throw new TypeError('a trap')
  }
  return new Proxy(target, {
    get: (of, name) => {
      sometimes()
      return Reflect.get(of, name)
    },
    ownKeys: of => {
      sometimes()
      return Reflect.ownKeys(of)
    },
  })
}
