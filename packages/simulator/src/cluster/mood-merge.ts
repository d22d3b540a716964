import type { MergeFunction } from '@clowder/ha'
import type { MoodMerge } from '../faults/circumstances.js'

/** The attribute whose merge function is none: it is asked twice and answers differently, or it throws (F11, F56). */
export const MOOD = 'mood'

/** Counts how often it is called: a merge function that nobody asks proves nothing. */
export class UnrulyMerge {
  calls = 0
  readonly #mood: MoodMerge

  constructor(mood: MoodMerge) {
    this.#mood = mood
  }

  readonly merge: MergeFunction = (): unknown => {
    this.calls++
    if (this.#mood === 'throwing') throw new Error('the merge function of mood throws')
    return { mood: this.calls }
  }
}
