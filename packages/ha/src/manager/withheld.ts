import { ADOPTED, decodeAdoption, type Sighting, sightingsIn } from '../state/adoption.js'
import type { Stamp } from '../state/hybrid-clock.js'
import { unpackState } from '../state/packed-state.js'
import type { Creation } from '../state/session-state.js'
import { actorPrefix } from '../state/version-token.js'
import type { Memory } from '../wire/message.js'
import type { SessionCopy } from './session-copy.js'

/**
 * Sessions that the answerer of an exchange has, and does not give because they are about to expire. The opener must not come to think that it has had them: they may be used
 * once more, and it would take them for dead then. So what it learns from the answerer ends before the first of them.
 */
export class Withheld {
  /** By the first bytes of a writer's name: up to which stamp the opener has had what it created. */
  readonly #known: ReadonlyMap<string, Stamp>
  /** The same: the least stamp of what it is not given. */
  readonly #least = new Map<string, Stamp>()

  /** `known`: what the opener has had before. */
  constructor(known: readonly Creation[]) {
    this.#known = new Map(known.map(({ actor, stamp }) => [actorPrefix(actor), stamp]))
  }

  add(copy: SessionCopy): void {
    if (copy.kind === 'dead') return
    const sightings = sightingsOf(copy)
    // The opener has had something of it, and has let it expire: it knows better than this node what may have become of it.
    if (sightings.some(({ actorPrefix, stamp }) => stamp <= (this.#known.get(actorPrefix) ?? 0))) return
    for (const { actorPrefix, stamp } of sightings)
      this.#least.set(actorPrefix, Math.min(stamp, this.#least.get(actorPrefix) ?? Number.POSITIVE_INFINITY))
  }

  /** What is left of the answerer's memory for the opener. */
  without({ known, collected }: Memory): Memory {
    if (this.#least.size === 0) return { known, collected }
    return { known: known.map(creation => this.#before(creation)).filter(({ stamp }) => stamp > 0), collected }
  }

  #before({ actor, stamp }: Creation): Creation {
    const least = this.#least.get(actorPrefix(actor)) ?? Number.POSITIVE_INFINITY
    return { actor, stamp: Math.min(stamp, least - 1) }
  }
}

/** All by which it could be recognized. The copy stays packed: it is not being used. */
function sightingsOf(copy: SessionCopy): readonly Sighting[] {
  const state = unpackState(copy.packed())
  if (state.kind === 'dead') return []
  const written = state.entries.map(({ actor, stamp }) => ({ actorPrefix: actorPrefix(actor), stamp }))
  const adoption = state.entries.find(({ name }) => name === ADOPTED)
  return [...written, ...sightingsIn(decodeAdoption(adoption?.value))]
}
