import { adoptionIn, sightingsIn } from '../state/adoption.js'
import type { Creation } from '../state/death.js'
import type { Stamp } from '../state/hybrid-clock.js'
import { unpackState } from '../state/packed-state.js'
import { processOf } from '../state/version-vector.js'
import type { Memory } from '../wire/message.js'
import type { SessionCopy } from './session-copy.js'

/**
 * Sessions that one side of an exchange has, mostly the answerer, and does not give because they are about to expire. The other one must not come to think that it has had them: they may be used
 * once more, and it would take them for dead then. So what it learns ends before the first of them.
 */
export class Withheld {
  /** By process: up to which stamp the opener has had what it created. */
  readonly #known: ReadonlyMap<string, Stamp>
  /** The same: the least stamp of what it is not given. */
  readonly #least = new Map<string, Stamp>()

  /** `known`: what the opener has had before. */
  constructor(known: readonly Creation[]) {
    this.#known = new Map(known.map(({ actor, stamp }) => [processOf(actor), stamp]))
  }

  add(copy: SessionCopy): void {
    if (copy.kind === 'dead') return
    const sightings = sightingsOf(copy)
    // The opener has had something of it, and has let it expire: it knows better than this node what may have become of it.
    if (sightings.some(({ process, stamp }) => stamp <= (this.#known.get(process) ?? 0))) return
    for (const { process, stamp } of sightings)
      this.#least.set(process, Math.min(stamp, this.#least.get(process) ?? Number.POSITIVE_INFINITY))
  }

  /** What is left of the answerer's memory for the opener. */
  without({ known, collected }: Memory): Memory {
    if (this.#least.size === 0) return { known, collected }
    return { known: known.map(creation => this.#before(creation)).filter(({ stamp }) => stamp > 0), collected }
  }

  #before({ actor, stamp }: Creation): Creation {
    const least = this.#least.get(processOf(actor)) ?? Number.POSITIVE_INFINITY
    return { actor, stamp: Math.min(stamp, least - 1) }
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
