import type { StoreHands } from './store-hands.js'

/** One thing that a store must do. */
export interface ConformanceCase {
  /** Situation and outcome. */
  readonly title: string
  /** False: not asked of these stores, which lack what it needs. */
  readonly applies?: (hands: StoreHands) => boolean
  /** Rejects when the store does not do it. */
  readonly run: (hands: StoreHands) => Promise<void>
}
