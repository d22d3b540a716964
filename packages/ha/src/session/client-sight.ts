import { beginningOf } from '../state/adoption.js'
import { heardOf, type LiveState } from '../state/session-state.js'
import {
  emptyToken,
  RECENT_DOTS,
  tokenOf,
  type VersionToken,
  withBeginning,
  withUncovered,
} from '../state/version-token.js'
import { counterOf, type VersionVector } from '../state/version-vector.js'
import type { SessionOrigin } from './session-origin.js'

/** What the answer of a request shows. */
export interface Shown {
  readonly current: LiveState
  /** What the request had seen in the session besides, under a former id. */
  readonly left: VersionVector
}

/** How far a client has read its session: what it brought in its cookie and is not here, and what it is shown now. */
export class ClientSight {
  readonly #origin: Pick<SessionOrigin, 'isAnybodyOut' | 'timeOfDay'>
  #seen: VersionToken = emptyToken
  #isUseTold = false

  constructor(origin: Pick<SessionOrigin, 'isAnybodyOut' | 'timeOfDay'>) {
    this.#origin = origin
  }

  /** What the client has seen although this node's copy may not include it. */
  get seen(): VersionToken {
    return this.#seen
  }

  /** The client is served by an older copy: what it has seen stays named, and the time of this use tells for how long it may be alive where it is. */
  brought(seen: VersionToken): void {
    this.#seen = seen
    this.#isUseTold = true
  }

  /**
   * Whoever was served by an older copy once goes to and fro, and is served by the newer one in between. That answer is a use of what the other side lacks.
   */
  tellUse(): void {
    this.#isUseTold = true
  }

  forget(): void {
    this.#seen = emptyToken
    this.#isUseTold = false
  }

  /** What the client will have seen after this answer. */
  tokenAfter({ current, left }: Shown): VersionToken {
    const token = tokenOf(heardOf(current), newestStamp(current), () => recencyIn(current))
    const seen = withUncovered(withBeginning(token, beginningOf(current)), this.#seen, current.vector)
    const seenBefore = left.length === 0 ? emptyToken : tokenOf(left, 0, () => recencyIn(current))
    const known = withUncovered(seen, seenBefore, current.vector)
    return this.#isUseTold && this.#origin.isAnybodyOut()
      ? { ...known, usedMs: Math.floor(this.#origin.timeOfDay.latestMs) }
      : known
  }
}

/**
 * The writers of the newest entries come first, because they are what is read here; then those of commits that are still needed, which perhaps none of them has
 * seen.
 */
function recencyIn({ entries, needed }: LiveState): (actor: string) => number {
  const lastOf = (actor: string) => entries.reduce((last, e) => (e.actor === actor ? Math.max(last, e.stamp) : last), 0)
  const newest = new Set([...entries].sort((a, b) => b.stamp - a.stamp).map(entry => entry.actor))
  const first = [...newest].slice(0, RECENT_DOTS)
  return actor => {
    const place = first.indexOf(actor)
    if (place >= 0) return Number.MAX_SAFE_INTEGER - place
    return counterOf(needed, actor) > 0 ? Number.MAX_SAFE_INTEGER - RECENT_DOTS : lastOf(actor)
  }
}

function newestStamp({ entries }: LiveState): number {
  return entries.reduce((newest, e) => Math.max(newest, e.stamp), 0)
}
