import type { JudgedRun } from './judged-run.js'

export interface SeedOrder {
  readonly seed: number
  readonly profile: string
  readonly seconds: number | undefined
  /** Run twice, to see whether the same happens (I14). */
  readonly isTwice: boolean
}

/** A run that broke off has nothing but the reason. */
export type SeedReport = Pick<JudgedRun, 'seed' | 'violations'> &
  Partial<JudgedRun> & {
    /** What one run of it took of a processor. */
    readonly cpuMs?: number
  }
