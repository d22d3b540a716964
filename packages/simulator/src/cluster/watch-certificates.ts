import type { DeltaManager, SessionWatch } from '@clowder/ha'
import { latestIn, type CopyState as State } from './latest-stamp.js'
import { CREATED_AT } from './session-stamp.js'

type Copy = Parameters<NonNullable<SessionWatch['joined']>>[0]
type DeadState = Extract<State, { kind: 'dead' }>
type Creation = NonNullable<DeadState['creation']>

/** What has been seen of one copy. */
interface Seen {
  /** The latest stamp in it. */
  readonly stamp: number
  /** The earliest that was known of its beginning. */
  readonly creation: Creation | undefined
  readonly death: DeadState | undefined
}

/**
 * What a copy says of the end of its session is looked at whenever it changes: an end is stamped above what it ends, it stays one, of two ends the earlier one stays, and what is known of
 * the session's beginning is not forgotten.
 */
export function watchCertificates(manager: DeltaManager, broken: (what: string) => void): void {
  const seen = new WeakMap<Copy, Seen>()
  manager.attach(() => ({
    joined: (copy, _, local) => {
      const state = copy.peek()
      const before = seen.get(copy)
      const now = seenIn(state, before)
      seen.set(copy, now)
      const what = before && wrongWith(before, state, now, local)
      if (what) broken(`session ${copy.id} ${what}`)
    },
  }))
}

function wrongWith(before: Seen, state: State, now: Seen, local: boolean): string | undefined {
  if (state.kind === 'live') return before.death && 'is alive after its end'
  if (!before.death && local && state.stamp <= before.stamp) return 'ends with a stamp below what it ends'
  if (before.death && state.stamp > before.death.stamp) return 'ended later than was known'
  const { creation } = state
  if (now.creation && (!creation || creation.stamp > now.creation.stamp))
    return 'has ended, and its beginning is forgotten'
  return undefined
}

function seenIn(state: State, before: Seen | undefined): Seen {
  const death = state.kind === 'dead' ? state : undefined
  return {
    stamp: latestIn(state),
    creation: earlier(before?.creation, beginningIn(state)),
    death: death ?? before?.death,
  }
}

function beginningIn(state: State): Creation | undefined {
  return state.kind === 'dead' ? state.creation : state.entries.find(({ name }) => name === CREATED_AT)
}

function earlier(a: Creation | undefined, b: Creation | undefined): Creation | undefined {
  if (!a || !b) return a ?? b
  return a.stamp <= b.stamp ? a : b
}
