import type { KeyObject } from 'node:crypto'
import { ReplayWindow } from './replay-window.js'

/** About 600 bytes each. A group of 500 members that all start anew every minute needs as many in eight minutes. */
const MOST_VOICES = 4096

interface HeardVoice {
  readonly textKey: KeyObject
  readonly window: ReplayWindow
}

/**
 * The voices from which an authentic datagram has come, and what has been heard of each. The one that has been silent for longest goes when there are too many.
 *
 * What that allows: whoever replays recordings of 4,096 voices, one datagram each, may have one of a voice that has gone heard once more, as somebody may who
 * recorded a voice that was never heard here. A member speaks twice a second, so only a burst within half a second makes its voice go; its old heartbeats, heard
 * again, are older than the last one known, and say nothing. Made-up voices never come in.
 */
export class HeardVoices {
  readonly #voices = new Map<string, HeardVoice>()

  get size(): number {
    return this.#voices.size
  }

  /** Before any cryptography. */
  hasHeard(speaker: string, counter: number): boolean {
    return this.#voices.get(speaker)?.window.has(counter) ?? false
  }

  /** Undefined: a voice that was never heard. */
  textKeyOf(speaker: string): KeyObject | undefined {
    return this.#voices.get(speaker)?.textKey
  }

  /** The datagram was authentic. */
  add(speaker: string, counter: number, textKey: KeyObject): void {
    const known = this.#voices.get(speaker)
    known?.window.add(counter)
    // A map keeps its order of insertion: the first is the one that has been silent for longest.
    this.#voices.delete(speaker)
    this.#voices.set(speaker, known ?? { textKey, window: new ReplayWindow(counter) })
    if (this.#voices.size > MOST_VOICES) this.#forgetFirst()
  }

  #forgetFirst(): void {
    for (const speaker of this.#voices.keys()) {
      this.#voices.delete(speaker)
      return
    }
  }
}
