import { adoptionIn } from './adoption.js'
import { CREATED_AT, type Entry } from './entry.js'
import type { Stamp } from './hybrid-clock.js'
import { ACTOR_PREFIX } from './version-token.js'

/** A death certificate. Absorbing: joined with anything the session stays dead, and its data are gone. */
export interface DeadState {
  readonly kind: 'dead'
  readonly reason: DeathReason
  readonly stamp: Stamp
  /** Of what ended, where that was seen, or another commit of it that was: tells later whether the session would be recognized without this. */
  readonly creation?: Creation
}

/** Who created a session, and when. `actor`: 16 bytes of incarnation as latin1 text, of which only the first eight may be known (see `isSeen`). */
export interface Creation {
  readonly actor: string
  readonly stamp: Stamp
}

export type DeathReason = 'invalidated' | 'renamed' | 'shutdown'

/** In the place of what a token does not tell of a writer's name. Greater than any name goes on: of two creations with one stamp the one that was seen is the earlier. */
const UNTOLD = '\u00ff'.repeat(ACTOR_PREFIX)

/** Whether the creation was seen where the session ended; otherwise whoever adopted the session knows of it by a cookie alone. */
export function isSeen({ actor }: Creation): boolean {
  return !actor.endsWith(UNTOLD)
}

export function isSameCreation(a: Creation | undefined, b: Creation | undefined): boolean {
  return a?.actor === b?.actor && a?.stamp === b?.stamp
}

/** The certificate, which knows the creation of what it has ended. */
export function deathOf(ended: { readonly entries: readonly Entry[] }, death: DeadState): DeadState {
  const { entries } = ended
  return withCreation(death, entries.find(({ name }) => name === CREATED_AT) ?? adoptedCreation(entries))
}

export function earlierDeath(a: DeadState, b: DeadState): DeadState {
  const isEarlier = a.stamp === b.stamp ? a.reason <= b.reason : a.stamp < b.stamp
  const [earlier, later] = isEarlier ? [a, b] : [b, a]
  return withCreation(earlier, later.creation)
}

/** What the client of an adopted copy had seen, if one alone had written that: he had begun the session, and not later. */
function adoptedCreation(entries: readonly Entry[]): Creation | undefined {
  const adopted = adoptionIn(entries)
  const [actor, ...others] = adopted?.actors ?? []
  return adopted && actor !== undefined && others.length === 0
    ? { actor: actor + UNTOLD, stamp: adopted.stamp }
    : undefined
}

/** Of two that are named the earlier one stays: nothing of a session was written before its creation. */
function withCreation(death: DeadState, other: Creation | undefined): DeadState {
  const { creation } = death
  if (!other || (creation && !isBefore(other, creation))) return death
  return { ...death, creation: { actor: other.actor, stamp: other.stamp } }
}

function isBefore(a: Creation, b: Creation): boolean {
  return a.stamp === b.stamp ? a.actor < b.actor : a.stamp < b.stamp
}
