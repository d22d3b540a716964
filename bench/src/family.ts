import type { Goal } from './figures/goal.js'
import type { Panel } from './plot/panel.js'
import type { Progress } from './process/progress.js'

/** How much is measured, and of what. */
export interface Effort {
  readonly isQuick: boolean
  /** Systems whose title contains this; absent: all. */
  readonly only: string | undefined
  /** Handed to Clowder's processes, e.g. for a profile. */
  readonly nodeOptions: readonly string[]
}

/** What every family says of its figures. */
export interface Measured {
  /** Of the machine, round by round: see OtherLoad. */
  readonly otherLoad: readonly number[]
}

/** One kind of measurement: how it is taken and how it is told. What it gives is plain JSON, kept in results.json. */
export interface Family<Results extends Measured> {
  readonly name: string
  /** A line of the usage text. */
  readonly about: string
  /** Whose versions the figures depend on. */
  readonly packages: readonly string[]
  rounds(effort: Effort): number
  /** Absent where a round takes as long as it takes. */
  secondsPerRun?(effort: Effort): number
  measure(effort: Effort, progress: Progress): Promise<Results>
  report(results: Results): string
  /** What these figures answer of the list of goals. */
  goals?(results: Results): readonly Goal[]
  /** What its picture shows. */
  panels(results: Results): readonly Panel[]
}

export type AnyFamily = Family<Measured>
