import type { Clock } from '@clowder/tribes'
import type { ClusterNode } from '../cluster/cluster-node.js'
import type { Recorder } from '../cluster/recorder.js'

/** F02: the next process that is asked for a change, from `atMs` on, is killed `afterMs` later; another starts after `forMs`. */
export interface LastWord {
  readonly atMs: number
  /** So short that what it says has reached some of the others, or none, or is half written. */
  readonly afterMs: number
  readonly forMs: number
}

export interface LastWordsComponents {
  readonly clock: Clock
  readonly recorder: Recorder
}

/** Kills writers in the midst of what they say: a kill at a random moment hardly ever comes between a commit and its acknowledgement. */
export class LastWords {
  readonly #components: LastWordsComponents
  #next: LastWord | undefined
  #isOver = false

  constructor(components: LastWordsComponents) {
    this.#components = components
  }

  schedule(words: readonly LastWord[]): void {
    for (const word of words)
      this.#components.clock.setTimer(word.atMs, () => {
        this.#next = word
      })
  }

  /** A page that may change something is asked for on this node, now. */
  changeAsked(node: ClusterNode): void {
    const word = this.#next
    if (!word || this.#isOver) return
    this.#next = undefined
    this.#components.clock.setTimer(word.afterMs, () => this.#silence(node, word))
  }

  /** Everything heals: nobody is killed any more. */
  stop(): void {
    this.#isOver = true
  }

  #silence(node: ClusterNode, { afterMs, forMs }: LastWord): void {
    if (this.#isOver || !node.process) return
    const { clock, recorder } = this.#components
    const fault = { kind: 'fault', fault: 'F02', what: `${node.name} killed ${afterMs} ms after it was asked` } as const
    recorder.record(fault)
    node.kill()
    clock.setTimer(forMs, () => {
      if (this.#isOver) return
      recorder.record({ ...fault, isOver: true })
      node.start()
    })
  }
}
