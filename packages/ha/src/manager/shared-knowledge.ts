import type { Departure, Memory, Message } from '../wire/message.js'
import type { Absences } from './absences.js'
import type { Departures } from './departures.js'
import type { Exchange } from './exchange.js'
import type { KnownSessions } from './known-sessions.js'
import type { Peers } from './peers.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionReplicas } from './session-replicas.js'

/** What is told with the end of an exchange. */
export interface Knowledge {
  readonly memory: Memory
  readonly departures: readonly Departure[]
}

export interface SharedKnowledgeComponents {
  readonly clock: { now(): number }
  readonly peers: Peers
  readonly replicas: SessionReplicas
  readonly known: KnownSessions
  readonly departures: Departures
  readonly absences: Absences
}

/** What members tell each other beside their sessions, when tables have been compared: what has been, and who is gone. See docs/design/0004-forgetting-without-resurrecting.md. */
export class SharedKnowledge {
  readonly #components: SharedKnowledgeComponents

  constructor(components: SharedKnowledgeComponents) {
    this.#components = components
  }

  /**
   * What the other one will know when it has all that is in this table now. Who is gone is told to those who ask, and to those whose tables differ: the names of writers may be
   * all that differs, and whoever does not know that they are gone brings them back to those who have folded them.
   */
  now(withDepartures: boolean): Knowledge {
    const { known, peers, replicas } = this.#components
    known.learnOwn({ actor: peers.actor, stamp: replicas.hybridClock.last })
    return { memory: known.memory(), departures: withDepartures ? this.whoIsGone() : [] }
  }

  /** True whatever the other one has been sent by then: so it is made when it is told, and not kept for each comparison that somebody has begun. */
  whoIsGone(): readonly Departure[] {
    return this.#components.departures.list()
  }

  /** What is past its limit, and will be dropped if nobody has used it. Looks at every copy, some hundreds at a time. */
  *expiring(): Generator<readonly string[]> {
    const { absences, clock, replicas } = this.#components
    if (!absences.isAnybodyOut()) return
    for (const batch of replicas.table.batches()) {
      const nowMs = clock.now()
      yield batch.filter(copy => isIdle(copy, nowMs)).map(({ id }) => id)
    }
  }

  /** An exchange about the whole table, with a member that did compare, leaves this node with all that the member had. */
  learn(
    { asksWhoIsGone, shares }: Pick<Exchange, 'asksWhoIsGone' | 'shares'>,
    { isReady, canTell, memory, departures }: Extract<Message, { type: 'DONE' }>,
  ): void {
    const { absences, known, departures: gone, peers } = this.#components
    if (isReady && shares === 1) known.join(memory)
    const isPresent = (actor: string) => peers.isActor(actor)
    absences.learn(gone.learn(departures, isPresent))
    if (asksWhoIsGone && canTell) absences.told()
  }
}

function isIdle(copy: SessionCopy, nowMs: number): boolean {
  return copy.idleMs(nowMs) >= copy.idleLimitMs && copy.kind === 'live'
}
