import { ADOPTED, decodeAdoption, type Sighting, sightingsIn, sightingsOf } from '../state/adoption.js'
import type { Creation } from '../state/death.js'
import { CREATED_AT, type Entry, hasSeen } from '../state/entry.js'
import type { LiveState, SessionState } from '../state/session-state.js'
import type { VersionToken } from '../state/version-token.js'
import { processOf } from '../state/version-vector.js'
import { creationOf, type KnownSessions } from './known-sessions.js'
import type { Placement } from './placement.js'
import type { SessionCopy } from './session-copy.js'
import { UnaskedExpiries } from './unasked-expiries.js'

export interface ForgottenSessionsComponents {
  readonly known: KnownSessions
  readonly placement: Pick<Placement, 'isUnlimited'>
}

/** Recognizes sessions that were here, died, and of which not even the certificate is left, when somebody who was away brings them back. See docs/design/0004. */
export class ForgottenSessions {
  readonly #components: ForgottenSessionsComponents
  readonly expiredUnasked = new UnaskedExpiries()

  constructor(components: ForgottenSessionsComponents) {
    this.#components = components
  }

  /**
   * `copy`: what is here under this id. Returns by what the session is recognized: something of it, that this node does not have, has been here. It is as good as
   * its creation: whoever has had it, and has it no more, recognizes the session by it again.
   */
  recognized(id: string, copy: SessionCopy | undefined, entries: readonly Entry[]): Creation | undefined {
    const mine = copy?.state
    if (mine && (mine.kind === 'dead' || creationOf(mine))) return undefined
    if (!this.#cannotLive(id)) return undefined
    const { known } = this.#components
    const hadEnded = ({ actor, stamp }: Entry) => stamp <= (copy?.odd.forgottenBefore.get(processOf(actor)) ?? 0)
    const isLetIn = (entry: Entry, here: LiveState) => isSighted(here, entry) && !hadEnded(entry)
    // The session itself comes, which the client of this copy had seen begin.
    if (mine && entries.some(entry => entry.name === CREATED_AT && isLetIn(entry, mine))) return undefined
    const isMine = (entry: Entry) => mine !== undefined && (isHere(mine, entry) || isLetIn(entry, mine))
    const isGone = (entry: Entry) => known.isForgotten(entry) && !isMine(entry)
    return entries.find(isGone) ?? this.#forgottenSince(adoptedFrom(entries, mine))
  }

  /**
   * A copy has come or changed, from `before`. If it was adopted, it is noted what had been forgotten by then of those whom its client had seen: that has ended,
   * and is not let in because of a copy that came only because its client had seen something newer.
   */
  stored(copy: SessionCopy, before: SessionState | undefined, state: LiveState): void {
    const sighted = creationOf(state) ? [] : processesIn(state)
    if (sighted.length === 0 || !this.#cannotLive(copy.id)) return
    const { known } = this.#components
    const earlier = new Set(before?.kind === 'live' ? processesIn(before) : [])
    const found = sighted.filter(process => !earlier.has(process) && known.forgottenUntil(process) > 0)
    if (found.length === 0) return
    const forgotten = found.map(process => [process, known.forgottenUntil(process)] as const)
    copy.note({ forgottenBefore: new Map([...forgotten, ...copy.odd.forgottenBefore]) })
  }

  /** Whether a session that is not here, and of which a client has seen this, is dead. */
  hasEnded(id: string, seen: VersionToken): boolean {
    return this.#forgottenSince(sightingsOf(seen)) !== undefined && this.#cannotLive(id)
  }

  #forgottenSince(sightings: readonly Sighting[]): Creation | undefined {
    for (const sighting of sightings) {
      const forgotten = this.#components.known.forgottenSince(sighting)
      if (forgotten) return forgotten
    }
    return undefined
  }

  /** Who does not hold everything may never have had what it has heard of. */
  #cannotLive(id: string): boolean {
    return !this.expiredUnasked.has(id) && this.#components.placement.isUnlimited
  }
}

/** Whether this has come here, be it over a gap. What it was taken for then, it is. */
function isHere(mine: LiveState, entry: Entry): boolean {
  return (
    hasSeen(mine.vector, entry) ||
    mine.entries.some(({ actor, counter }) => actor === entry.actor && counter === entry.counter)
  )
}

/**
 * Whether a copy was adopted for a client that had seen this. It lives, and whoever knows that the session has ended says so when he meets it; from those who let it
 * expire meanwhile, and had it in mind only to drop it, it never came here.
 */
function isSighted(mine: LiveState, { actor, stamp }: Entry): boolean {
  return adoptedFrom(mine.entries).some(seen => stamp <= seen.stamp && actor.startsWith(seen.actorPrefix))
}

/**
 * Of a copy that was adopted and has not met the session itself yet: by what it may be recognized. `mine`: it was let in before, and what is here has not ended by what
 * has been forgotten since; nor has what its client had seen of this copy.
 */
function adoptedFrom(entries: readonly Entry[], mine?: LiveState): readonly Sighting[] {
  if (entries.some(entry => entry.name === CREATED_AT)) return []
  const adopted = entries.find(entry => entry.name === ADOPTED)
  const sightings = sightingsIn(decodeAdoption(adopted?.value))
  if (!adopted || !mine) return sightings
  return isHere(mine, adopted) ? [] : sightings.filter(sighting => !isMet(mine, sighting))
}

function processesIn({ entries }: LiveState): readonly string[] {
  return adoptedFrom(entries).map(({ actorPrefix }) => processOf(actorPrefix))
}

/** Whether the copy that is here has something of this writer's, or was adopted itself for a client that had. */
function isMet({ vector, entries }: LiveState, { actorPrefix, stamp }: Sighting): boolean {
  return (
    vector.some(({ actor }) => actor.startsWith(actorPrefix)) ||
    entries.some(entry => entry.stamp <= stamp && entry.actor.startsWith(actorPrefix)) ||
    adoptedFrom(entries).some(seen => seen.stamp <= stamp && seen.actorPrefix === actorPrefix)
  )
}
