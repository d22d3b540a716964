import type { Clock } from '@clowder/tribes'
import type { Access } from '../wire/message.js'
import type { Peers } from './peers.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionReplicas } from './session-replicas.js'

const MIN_TELL_MS = 1_000
const MAX_TELL_MS = 60_000
const TELL_SHARE = 20
/** Sessions in one TOUCH or EXPIRING. */
export const MAX_PER_MESSAGE = 1_000

/**
 * How far behind the other nodes' knowledge of a session's last use may be, ms: a twentieth of its idle limit, within 1 s and 1 min.
 * Expiry waits for more than this on top of the limit (see `graceMs`), so that no node drops a session that is in use elsewhere.
 */
function tellEveryMs(idleLimitMs: number): number {
  return Math.min(MAX_TELL_MS, Math.max(MIN_TELL_MS, idleLimitMs / TELL_SHARE))
}

/** Messages, and the answer to an EXPIRING, may take this long, ms. */
export const ANSWER_MS = 2_000

/** How long after its idle limit a session is dropped: longer than it takes to learn of a use elsewhere, ms. */
export function graceMs(idleLimitMs: number): number {
  return 2 * tellEveryMs(idleLimitMs) + ANSWER_MS
}

/** When sessions were last used: noted here at every request, told to the others seldom and many at a time. */
export class AccessTimes {
  readonly #components: { readonly clock: Clock; readonly peers: Peers; readonly replicas: SessionReplicas }
  readonly #untold = new Set<SessionCopy>()

  constructor(components: { readonly clock: Clock; readonly peers: Peers; readonly replicas: SessionReplicas }) {
    this.#components = components
  }

  /** The session was used on this node. */
  used(copy: SessionCopy): void {
    copy.accessedAtMs = this.#components.clock.now()
    this.#untold.add(copy)
  }

  /** A commit has told the others as well. */
  told(copy: SessionCopy): void {
    copy.accessedAtMs = this.#components.clock.now()
    copy.toldAccessMs = copy.accessedAtMs
    this.#untold.delete(copy)
  }

  /** Another node says when it was used. */
  learned(access: Access): void {
    const copy = this.#components.replicas.table.get(access.id)
    if (copy?.kind !== 'live') return
    copy.accessedAtMs = Math.max(copy.accessedAtMs, this.#components.clock.now() - access.idleMs)
  }

  /** The session is no more. */
  forget(copy: SessionCopy): void {
    this.#untold.delete(copy)
  }

  /** Tells what is due; `all`: also what is not. Called every second and before leaving. */
  tell(all = false): void {
    const nowMs = this.#components.clock.now()
    const due: Access[] = []
    for (const copy of this.#untold) {
      if (!all && nowMs - copy.toldAccessMs < tellEveryMs(copy.idleLimitMs)) continue
      this.#untold.delete(copy)
      copy.toldAccessMs = copy.accessedAtMs
      due.push({ id: copy.id, idleMs: copy.idleMs(nowMs) })
    }
    for (let i = 0; i < due.length; i += MAX_PER_MESSAGE) this.#send(due.slice(i, i + MAX_PER_MESSAGE))
  }

  #send(accesses: readonly Access[]): void {
    const { peers } = this.#components
    peers.send(peers.members(), { type: 'TOUCH', accesses }, 'asynchronous')
  }
}
