import { adoptionIn } from './adoption.js'
import { CREATED_AT, type Entry } from './entry.js'
import type { Stamp } from './hybrid-clock.js'
import { type Beginning, RECENT_DOTS } from './version-token.js'

/** A death certificate. Absorbing: joined with anything the session stays dead, and its data are gone. */
export interface DeadState extends Origin {
  readonly kind: 'dead'
  readonly reason: DeathReason
  readonly stamp: Stamp
}

/** What is known of the beginning of what ended: tells later whether the session would be recognized without its certificate. */
export interface Origin {
  /** Where that was seen, or another commit of it that was. */
  readonly creation?: Creation | undefined
  /** Only where it was not, and the session had been adopted: all who had written it before, in order, and until when. At most `RECENT_DOTS`. */
  readonly adopted?: Beginning | undefined
}

/** Who created a session, and when. `actor`: 16 bytes of incarnation as latin1 text. */
export interface Creation {
  readonly actor: string
  readonly stamp: Stamp
}

export type DeathReason = 'invalidated' | 'renamed' | 'shutdown'

/** The certificate, which knows the beginning of what it has ended. */
export function deathOf({ entries }: { readonly entries: readonly Entry[] }, death: DeadState): DeadState {
  const creation = entries.find(({ name }) => name === CREATED_AT)
  return withOrigin(death, { creation, adopted: creation ? undefined : allWriters(adoptionIn(entries)) })
}

export function earlierDeath(a: DeadState, b: DeadState): DeadState {
  const isEarlier = a.stamp === b.stamp ? a.reason <= b.reason : a.stamp < b.stamp
  const [earlier, later] = isEarlier ? [a, b] : [b, a]
  return withOrigin(earlier, later)
}

export function isSameOrigin(a: Origin, b: Origin): boolean {
  return isSame(a.creation, b.creation, ({ actor }) => actor) && isSame(a.adopted, b.adopted, namesIn)
}

export function isNamed({ creation, adopted }: Origin): boolean {
  return (creation ?? adopted) !== undefined
}

/** The stamp up to which it is named; 0: it is not. */
export function namedUntil({ creation, adopted }: Origin): Stamp {
  return (creation ?? adopted)?.stamp ?? 0
}

/** Only a few are all of them: among more the client's cookie need not have named who began the session. */
function allWriters({ actors, stamp }: Beginning = { actors: [], stamp: 0 }): Beginning | undefined {
  return actors.length === 0 || actors.length > RECENT_DOTS ? undefined : { actors: [...new Set(actors)].sort(), stamp }
}

/** Of two that are named the earlier one stays: nothing of a session was written before its creation. */
function withOrigin({ kind, reason, stamp, ...mine }: DeadState, theirs: Origin): DeadState {
  const death = { kind, reason, stamp }
  const creation = earlier(mine.creation, theirs.creation, ({ actor }) => actor)
  if (creation) return { ...death, creation: { actor: creation.actor, stamp: creation.stamp } }
  const adopted = earlier(mine.adopted, theirs.adopted, namesIn)
  return adopted ? { ...death, adopted } : death
}

function earlier<T extends { stamp: Stamp }>(a: T | undefined, b: T | undefined, nameOf: (it: T) => string) {
  if (!a || !b) return a ?? b
  const isBefore = a.stamp === b.stamp ? nameOf(a) <= nameOf(b) : a.stamp < b.stamp
  return isBefore ? a : b
}

function isSame<T extends { stamp: Stamp }>(a: T | undefined, b: T | undefined, nameOf: (it: T) => string): boolean {
  return a && b ? a.stamp === b.stamp && nameOf(a) === nameOf(b) : a === b
}

function namesIn({ actors }: Beginning): string {
  return actors.join('')
}
