import { adoptionIn, sightingsIn } from '../state/adoption.js'
import type { Stamp } from '../state/hybrid-clock.js'
import { unpackState } from '../state/packed-state.js'
import { processOf } from '../state/version-vector.js'
import type { Known, Memory } from '../wire/message.js'
import { KnownSessions } from './known-sessions.js'
import type { SessionCopy } from './session-copy.js'

/**
 * Sessions that one side of an exchange has, mostly the answerer, and does not give because they are about to expire. The other one must not come to think that it has had them: they may be used
 * once more, and it would take them for dead then. So what it learns ends before the first of them.
 */
export class Withheld {
  /** What the opener has had before. */
  readonly #known = new KnownSessions()
  /** By process: the least stamp of what the opener is not given. */
  readonly #least = new Map<string, Stamp>()

  constructor(known: readonly Known[]) {
    for (const one of known) this.#known.learn(one)
  }

  add(copy: SessionCopy): void {
    if (copy.kind === 'dead') return
    const sightings = sightingsOf(copy)
    // The opener has had something of it, and has let it expire: it knows better than this node what may have become of it.
    if (sightings.some(({ process, stamp }) => this.#known.covers({ actor: process, stamp }))) return
    for (const { process, stamp } of sightings)
      this.#least.set(process, Math.min(stamp, this.#least.get(process) ?? Number.POSITIVE_INFINITY))
  }

  /** What is left of the answerer's memory for the opener. */
  without({ known, collected }: Memory): Memory {
    if (this.#least.size === 0) return { known, collected }
    const left = known.map(one => this.#before(one)).filter(({ since, stamp }) => stamp > 0 && since <= stamp)
    return { known: left, collected }
  }

  #before({ actor, since, stamp }: Known): Known {
    const least = this.#least.get(processOf(actor)) ?? Number.POSITIVE_INFINITY
    return { actor, since, stamp: Math.min(stamp, least - 1) }
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
