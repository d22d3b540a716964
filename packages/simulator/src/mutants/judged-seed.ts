import { runSeed } from '../run/judged-run.js'

/** What the checkers say of one schedule. */
export interface JudgedSeed {
  /** The promises that were broken, each once. */
  readonly invariants: readonly string[]
  /** The first violation, for people. */
  readonly first: string
}

/** What nobody caught belongs to the seed that runs. */
const uncaught: unknown[] = []
process.on('unhandledRejection', error => uncaught.push(error))
process.on('uncaughtException', error => uncaught.push(error))

/** Runs the schedule of a seed. Imported only after the mutant has been planted: with it comes everything that may be changed. */
export async function judge(seed: number, profile: string | undefined): Promise<JudgedSeed> {
  const { violations } = await runSeed(seed, profile === undefined ? {} : { profile })
  // What was rejected is told of at the end of a turn of the real event loop.
  await new Promise(resolve => setImmediate(resolve))
  const found = violations.map(({ invariant, what }) => ({ invariant: invariant as string, what }))
  for (const error of uncaught.splice(0)) found.push({ invariant: 'I10', what: String(error) })
  return { invariants: [...new Set(found.map(v => v.invariant))].sort(), first: found[0]?.what ?? '' }
}
