import fc from 'fast-check'
import t from 'tap'
import { ReplayWindow } from '../src/secure/replay-window.js'

const WINDOW = 256

/** Everything that was heard, for ever. */
class NaiveWindow {
  readonly #heard: Set<number>
  readonly #first: number

  constructor(first: number) {
    this.#first = first
    this.#heard = new Set([first])
  }

  has(counter: number): boolean {
    return counter < this.#first || counter <= Math.max(...this.#heard) - WINDOW || this.#heard.has(counter)
  }

  add(counter: number): void {
    this.#heard.add(counter)
  }
}

const NEAR = fc.integer({ min: -300, max: 300 })
const FAR = fc.oneof(fc.integer({ min: -70_000, max: 70_000 }), fc.constantFrom(-257, -256, -255, 255, 256, 257, 511))
const STEPS = fc.array(fc.oneof({ arbitrary: NEAR, weight: 8 }, { arbitrary: FAR, weight: 1 }), { maxLength: 200 })
const FIRST = fc.oneof(fc.integer({ min: 0, max: 600 }), fc.constantFrom(2 ** 32 - 1, 2 ** 32, 2 ** 40, 2 ** 52))

t.test('whatever comes in whatever order, it knows what a set knows that forgets nothing', async t => {
  const property = fc.property(FIRST, STEPS, (first, steps) => {
    const [window, naive] = [new ReplayWindow(first), new NaiveWindow(first)]
    let highest = first
    for (const step of steps) {
      const counter = Math.max(0, highest + step)
      const wasHeard = window.has(counter)
      if (wasHeard !== naive.has(counter)) throw new Error(`${counter} is taken for ${wasHeard ? 'heard' : 'new'}`)
      if (wasHeard) continue
      window.add(counter)
      naive.add(counter)
      highest = Math.max(highest, counter)
    }
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2000 }))
})

t.test('each is new once, in order and in the reverse order', async t => {
  const window = new ReplayWindow(0)
  const fresh: number[] = []
  for (const counter of [...range(1, 200), ...range(201, 400).reverse(), ...range(0, 400)]) {
    if (window.has(counter)) continue
    fresh.push(counter)
    window.add(counter)
  }
  t.strictSame(fresh, [...range(1, 200), ...range(201, 400).reverse()])
})

t.test('what was said before the first that was heard is not new', async t => {
  const window = new ReplayWindow(1000)
  t.strictSame(
    [998, 999, 1000, 1001].map(counter => window.has(counter)),
    [true, true, true, false],
  )
})

t.test('what has fallen out of the window stays heard, and adding it again changes nothing', async t => {
  const window = new ReplayWindow(0)
  window.add(1000)
  window.add(1000 - WINDOW)
  t.strictSame(
    [1000 - WINDOW, 1001 - WINDOW, 999].map(counter => window.has(counter)),
    [true, false, false],
  )
})

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index)
}
