import type { DeltaManager, SessionWatch } from '@clowder/ha'
import { deltaManagerDefaults } from '@clowder/ha'
import { NumberCodec } from './number-codec.js'

type Copy = Parameters<NonNullable<SessionWatch['joined']>>[0]
type LiveState = Extract<Copy['state'], { kind: 'live' }>
type Vector = LiveState['vector']

export interface CopiesOnlooker {
  /** Whether somebody has ever stopped waiting for commits that nobody had: whoever is told of such a copy does not know what it lacks. */
  hasForgiven(): boolean
  broken(what: string): void
}

const MAX_INACTIVE = '\u0000maxInactiveInterval'
/** Of larger ones nobody looks at every entry. */
const MOST_ENTRIES = 64
const codec = new NumberCodec(0)

/**
 * What a copy says of itself is looked at whenever it changes, since mostly something else makes up for a mistake there before anybody is answered: it knows of the gap over which something came; of removals
 * that it has forgotten it remembers the latest, and what is written after that is stamped above it; it does not forget a use; and it expires when its session says.
 */
export function watchCopies(
  manager: DeltaManager,
  { maxInactiveInterval = deltaManagerDefaults.maxInactiveInterval }: { readonly maxInactiveInterval?: number },
  { hasForgiven, broken }: CopiesOnlooker,
): void {
  const floors = new WeakMap<Copy, number>()
  const usedAtMs = new WeakMap<Copy, number>()
  manager.attach(() => ({
    joined: (copy, { changes }, local) => {
      const state = copy.peek()
      if (state.kind === 'dead') return
      if (copy.accessedAtMs < (usedAtMs.get(copy) ?? Number.NEGATIVE_INFINITY))
        broken(`session ${copy.id} is said to have been used less lately`)
      usedAtMs.set(copy, copy.accessedAtMs)
      const { floor = 0 } = state
      if (floor < (floors.get(copy) ?? 0)) broken(`session ${copy.id} has forgotten that a removal was forgotten`)
      if (floor > 0) floors.set(copy, floor)
      if (local && changes.some(({ after }) => after.stamp <= floor))
        broken(`session ${copy.id} is written with a stamp below that of a removal that was forgotten`)
      if (copy.idleLimitMs !== limitOf(state, maxInactiveInterval))
        broken(`session ${copy.id} may be idle for ${copy.idleLimitMs} ms, which is not what it says`)
      if (hasUnknownGap(state, copy.odd.givenUp) && !hasForgiven())
        broken(`session ${copy.id} has something of a commit, and does not know that it lacks what was before it`)
    },
  }))
}

function limitOf({ entries }: LiveState, managersSeconds: number): number {
  const own = entries.find(({ name }) => name === MAX_INACTIVE)?.value
  const seconds = own ? Number(codec.decode(own)) : managersSeconds
  return seconds > 0 ? seconds * 1000 : Number.POSITIVE_INFINITY
}

function hasUnknownGap({ entries, vector, needed }: LiveState, givenUp: Vector): boolean {
  const isKnown = ({ actor, counter }: LiveState['entries'][number]) =>
    [vector, needed, givenUp].some(known => known.some(dot => dot.actor === actor && dot.counter >= counter))
  return entries.length <= MOST_ENTRIES && !entries.every(isKnown)
}
