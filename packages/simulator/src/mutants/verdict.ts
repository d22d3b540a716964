import type { Mutant } from './mutant.js'
import { Trial, type TrialResult } from './trial.js'

export interface Verdict {
  readonly mutant: Mutant
  readonly result: TrialResult
  /** Seeds at which the code as it is was objected to as well, so that they say nothing about the mutant. */
  readonly skipped: readonly number[]
  /** Real time. */
  readonly tookMs: number
}

export interface Span {
  readonly firstSeed: number
  readonly seeds: number
}

/** What the code as it is breaks at a seed: nothing, one hopes. Asked once for each seed, and only of seeds at which some mutant was objected to. */
export class Baseline {
  readonly #known = new Map<string, Promise<readonly string[]>>()

  brokenAt(seed: number, profile: string | undefined): Promise<readonly string[]> {
    const key = `${profile} ${seed}`
    const known = this.#known.get(key) ?? this.#ask(seed, profile)
    this.#known.set(key, known)
    return known
  }

  async #ask(seed: number, profile: string | undefined): Promise<readonly string[]> {
    const result = await new Trial({ mutant: undefined, profile, firstSeed: seed, seeds: 1 }).result()
    return result.kind === 'killed' ? result.by : []
  }
}

/** Tries seed after seed until the mutant breaks a promise that the code as it is keeps there. */
export async function verdictOn(mutant: Mutant, { firstSeed, seeds }: Span, baseline: Baseline): Promise<Verdict> {
  const startedMs = performance.now()
  const skipped: number[] = []
  const { name, profile } = mutant
  let tried = 0
  while (tried < seeds) {
    const order = { mutant: name, profile, firstSeed: firstSeed + tried, seeds: seeds - tried }
    const result = await new Trial(order).result()
    tried += result.seeds
    if (result.kind !== 'killed') return verdict({ ...result, seeds: tried })
    const broken = await baseline.brokenAt(result.seed, profile)
    const by = result.by.filter(invariant => !broken.includes(invariant))
    if (by.length > 0) return verdict({ ...result, by, seeds: tried })
    skipped.push(result.seed)
  }
  return verdict({ kind: 'survived', seeds: tried })

  function verdict(result: TrialResult): Verdict {
    return { mutant, result, skipped, tookMs: performance.now() - startedMs }
  }
}
