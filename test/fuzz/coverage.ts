import { type Profiler, Session } from 'node:inspector'

const OURS = /\/packages\/[a-z]+\/(src|dist)\/|\/broken-decoder\./

/** Which characters of one function were run. */
interface FunctionRun {
  readonly key: string
  readonly characters: Uint8Array
}

/**
 * Which code of the packages has been run, from V8 itself, as characters of the source: V8 leaves out blocks that were run as often as what they are in. To look costs some
 * milliseconds, so it is done after thousands of inputs; while it is on, everything is about half as fast.
 */
export class Coverage {
  readonly #session = new Session()
  readonly #known = new Map<string, Uint8Array>()
  #size = 0

  /** Characters of code that are known to have been run. */
  get size(): number {
    return this.#size
  }

  start(): void {
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  }

  stop(): void {
    this.#post('Profiler.stopPreciseCoverage')
    this.#post('Profiler.disable')
    this.#session.disconnect()
  }

  /** The functions of which something was run since the last look that is not known yet. */
  look(): readonly FunctionRun[] {
    return Array.from(this.#run()).filter(run => this.#isFresh(run))
  }

  learn(runs: readonly FunctionRun[]): void {
    for (const { key, characters } of runs) {
      const known = this.#known.get(key) ?? new Uint8Array(characters.length)
      for (const [i, wasRun] of characters.entries()) {
        if (!wasRun || known[i]) continue
        known[i] = 1
        this.#size++
      }
      this.#known.set(key, known)
    }
  }

  #isFresh({ key, characters }: FunctionRun): boolean {
    const known = this.#known.get(key)
    for (let i = 0; i < characters.length; i++) if (characters[i] && !known?.[i]) return true
    return false
  }

  *#run(): Generator<FunctionRun> {
    const { result } = this.#post('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType
    for (const { url, functions } of result) {
      if (!OURS.test(url)) continue
      for (const { ranges } of functions) if (ranges[0]!.count > 0) yield painted(url, ranges)
    }
  }

  /** Sessions of one's own thread answer at once. */
  #post(method: string, params: object = {}): unknown {
    let answer: unknown
    this.#session.post(method, params, (error, result) => {
      if (error) throw error
      answer = result
    })
    return answer
  }
}

/** Ranges lie within each other, the outer first. */
function painted(url: string, ranges: readonly Profiler.CoverageRange[]): FunctionRun {
  const { startOffset: origin, endOffset } = ranges[0]!
  const characters = new Uint8Array(endOffset - origin)
  for (const { startOffset, endOffset: end, count } of ranges)
    characters.fill(count > 0 ? 1 : 0, startOffset - origin, end - origin)
  return { key: `${url} ${origin} ${endOffset}`, characters }
}
