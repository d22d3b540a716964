import assert from 'node:assert/strict'
import { callingCases } from './cases/calling-cases.js'
import { concurrencyCases } from './cases/concurrency-cases.js'
import { endingCases } from './cases/ending-cases.js'
import { expiryCases } from './cases/expiry-cases.js'
import { readingCases } from './cases/reading-cases.js'
import type { ConformanceCase } from './conformance-case.js'
import type { StoresUnderTest } from './conformant-store.js'
import { Dice } from './dice.js'
import { StoreHands } from './store-hands.js'

/** Of whatever test runner: tap's `t.test`, `test` of node:test, mocha's `it`. */
export type TestFunction = (title: string, run: () => Promise<void>) => unknown

export interface StoreConformanceOptions {
  /** Decides on which node each call is made, and the ids. @default 1 */
  readonly seed?: number
  /** How many sessions are many. @default 10_000 */
  readonly many?: number
  /** Titles of what the store is known not to do: it is then looked whether it still does not. */
  readonly known?: readonly string[]
}

const allCases: readonly ConformanceCase[] = [
  ...readingCases,
  ...expiryCases,
  ...endingCases,
  ...concurrencyCases,
  ...callingCases,
]

/**
 * Registers one test for each thing that a session store must do. `makeStores` is called for each, and gives one store or, of a store that several nodes share, one for each node: then
 * each call is made on any of them. Throws when `known` has a title that there is not.
 */
export function storeConformance(
  test: TestFunction,
  makeStores: () => StoresUnderTest | Promise<StoresUnderTest>,
  { seed = 1, many = 10_000, known = [] }: StoreConformanceOptions = {},
): void {
  const strange = known.find(title => !allCases.some(c => c.title === title))
  assert.equal(strange, undefined, 'known: there is no such case')
  for (const [place, conformanceCase] of allCases.entries()) {
    const { title } = conformanceCase
    const isKnown = known.includes(title)
    test(isKnown ? `known not to hold: ${title}` : title, async () => {
      const made = await makeStores()
      try {
        const run = () => runCase(conformanceCase, new StoreHands(made, new Dice(seed * 1_000 + place), many))
        if (isKnown) await assert.rejects(run, `it does hold: ${title}`)
        else await run()
      } finally {
        await made.stop?.()
      }
    })
  }
}

async function runCase({ applies, run }: ConformanceCase, hands: StoreHands): Promise<void> {
  if (!applies || applies(hands)) await run(hands)
}
