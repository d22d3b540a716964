import type { LatencyFigures } from '../tribes/latencies.js'
import type { Work } from './http-case.js'

/** What the load generator is told. */
export interface LoadPlan {
  readonly ports: readonly number[]
  readonly clients: number
  /** Each client stays at one port, instead of taking turns between all. */
  readonly isSticky: boolean
  readonly work: Work
  /** Without a session there is no counter to check. */
  readonly isChecked: boolean
  /** Evenly, all clients together; absent: as fast as answers come. */
  readonly perSecond?: number
}

export interface LoadCount {
  requests: number
  /** Answers whose counter is not the one that this client's own requests lead to. */
  wrong: number
  /** Answers that are not 200, and connections that ended without one. */
  failed: number
}

export interface LoadFigures extends LoadCount, LatencyFigures {
  readonly seconds: number
}
