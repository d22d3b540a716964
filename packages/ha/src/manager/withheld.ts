import { adoptionIn, sightingsIn } from '../state/adoption.js'
import type { Stamp } from '../state/hybrid-clock.js'
import { unpackState } from '../state/packed-state.js'
import { processOf } from '../state/version-vector.js'
import type { Known, Memory } from '../wire/message.js'
import { KnownSessions } from './known-sessions.js'
import type { SessionCopy } from './session-copy.js'

interface Gap {
  readonly least: Stamp
  readonly greatest: Stamp
}

/**
 * Sessions that one side of an exchange has, mostly the answerer, and does not give because they are about to expire. The other one must not come to think that it has had them: they may be used
 * once more, and it would take them for dead then. So what it learns leaves out the time from the first of them to the last.
 */
export class Withheld {
  /** What the opener has had before. */
  readonly #known = new KnownSessions()
  /** By process: the least and the greatest stamp of what the opener is not given. */
  readonly #gaps = new Map<string, Gap>()

  constructor(known: readonly Known[]) {
    for (const one of known) this.#known.learn(one)
  }

  add(copy: SessionCopy): void {
    if (copy.kind === 'dead') return
    const sightings = sightingsOf(copy)
    // The opener has had something of it, and has let it expire: it knows better than this node what may have become of it.
    if (sightings.some(({ process, stamp }) => this.#known.covers({ actor: process, stamp }))) return
    for (const { process, stamp } of sightings) {
      const { least, greatest } = this.#gaps.get(process) ?? { least: stamp, greatest: stamp }
      this.#gaps.set(process, { least: Math.min(least, stamp), greatest: Math.max(greatest, stamp) })
    }
  }

  /** What is left of the answerer's memory for the opener. */
  without({ known, collected }: Memory): Memory {
    if (this.#gaps.size === 0) return { known, collected }
    const left = known.flatMap(one => this.#around(one)).filter(({ since, stamp }) => stamp > 0 && since <= stamp)
    return { known: left, collected }
  }

  /** What it made later is told as well: it may be gone before the next comparison, and nobody would recognize any of it (seed 2685). */
  #around({ actor, since, stamp }: Known): readonly Known[] {
    const gap = this.#gaps.get(processOf(actor))
    if (!gap) return [{ actor, since, stamp }]
    const after = { actor, since: Math.max(since, gap.greatest + 1), stamp }
    return [{ actor, since, stamp: Math.min(stamp, gap.least - 1) }, after]
  }
}

/** All by which it could be recognized, each with the process that made it. The copy stays packed: it is not being used. */
function sightingsOf(copy: SessionCopy): readonly { readonly process: string; readonly stamp: Stamp }[] {
  const state = unpackState(copy.packed())
  if (state.kind === 'dead') return []
  const adopted = sightingsIn(adoptionIn(state.entries)).map(({ actorPrefix, stamp }) => ({
    process: processOf(actorPrefix),
    stamp,
  }))
  return [...state.entries.map(({ actor, stamp }) => ({ process: processOf(actor), stamp })), ...adopted]
}
