import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { TrialOrder, TrialReport } from './trial-report.js'

/** How a trial ended: with a seed that the checkers object to, or with none. `void`: the mutant was not in effect, which is a verdict on nothing. */
export type TrialResult =
  | { readonly kind: 'survived'; readonly seeds: number }
  | { readonly kind: 'void'; readonly seeds: number; readonly why: string }
  | {
      readonly kind: 'killed'
      readonly seed: number
      readonly seeds: number
      /** The promises that were broken; `crash` or `hang` when the run did not come to its end. */
      readonly by: readonly string[]
      readonly why: string
    }

/** A schedule that takes longer than this of real time hangs, ms. */
const HANGS_AFTER_MS = 60_000
const TAIL_CHARACTERS = 2_000
/** The built twin, also when this runs from its source: a mutant is planted in built files. */
const PROCESS = fileURLToPath(new URL('../../dist/mutants/trial-process.js', import.meta.url))

type Child = ChildProcessByStdio<null, Readable, Readable>

/** Seeds one after the other in a process of its own, until the first violation. */
export class Trial {
  readonly #child: Child
  readonly #begun: number[] = []
  #violated: Extract<TrialReport, { kind: 'violated' }> | undefined
  #untouched: readonly string[] = []
  #tail = ''
  #hasHung = false
  #watch: NodeJS.Timeout | undefined

  constructor(order: TrialOrder) {
    this.#child = spawn(process.execPath, [PROCESS, JSON.stringify(order)], { stdio: ['ignore', 'pipe', 'pipe'] })
  }

  async result(): Promise<TrialResult> {
    const { stdout, stderr } = this.#child
    createInterface({ input: stdout }).on('line', line => this.#heard(line))
    stderr.on('data', bytes => {
      this.#tail = (this.#tail + bytes).slice(-TAIL_CHARACTERS)
    })
    this.#watchNext()
    const code = await new Promise<number | null>(resolve => this.#child.on('close', resolve))
    clearTimeout(this.#watch)
    return this.#judged(code)
  }

  #heard(line: string): void {
    const report = parsed(line)
    if (!report) return
    if (report.kind === 'begun') this.#begun.push(report.seed)
    if (report.kind === 'violated') this.#violated = report
    if (report.kind === 'ended') this.#untouched = report.untouched
    this.#watchNext()
  }

  #watchNext(): void {
    clearTimeout(this.#watch)
    this.#watch = setTimeout(() => {
      this.#hasHung = true
      this.#child.kill('SIGKILL')
    }, HANGS_AFTER_MS)
  }

  #judged(code: number | null): TrialResult {
    const seeds = this.#begun.length
    const seed = this.#begun.at(-1)
    const violated = this.#violated
    if (this.#untouched.length > 0) return { kind: 'void', seeds, why: `never loaded: ${this.#untouched}` }
    if (violated) return { kind: 'killed', seed: violated.seed, seeds, by: violated.invariants, why: violated.first }
    if (this.#hasHung && seed !== undefined) return { kind: 'killed', seed, seeds, by: ['hang'], why: 'no end' }
    if (code === 0) return { kind: 'survived', seeds }
    const why = errorIn(this.#tail) ?? `exit ${code}`
    return seed === undefined ? { kind: 'void', seeds, why } : { kind: 'killed', seed, seeds, by: ['crash'], why }
  }
}

/** The line of a stack trace that says what happened. */
function errorIn(text: string): string | undefined {
  return text.split('\n').find(line => /^\w*(Error|Exception)\b/.test(line))
}

/** What is no report is some library's chatter. */
function parsed(line: string): TrialReport | undefined {
  if (!line.startsWith('{"kind":')) return undefined
  return JSON.parse(line) as TrialReport
}
