import type { FaceHands } from './face-hands.js'
import type { FaceSettings } from './face-under-test.js'

/** One thing that a session middleware must do. */
export interface FaceCase {
  /** Situation and outcome. */
  readonly title: string
  /** Where they are not the usual ones. */
  readonly settings?: Partial<FaceSettings>
  /** Rejects when the middleware does not do it. */
  readonly run: (hands: FaceHands) => Promise<void>
}
