import { alignedDelayMs, type Clock, type Timer } from '@clowder/tribes'
import type { ClusterChannel } from '../cluster-channel.js'
import type { ManagerParts } from './manager-parts.js'
import { actorNamed } from './peers.js'
import type { SessionLookup } from './session-lookup.js'

/** Housekeeping is done so often, ms. */
const TICK_MS = 1_000

export interface HousekeepingComponents {
  readonly clock: Clock
  readonly channel: Pick<ClusterChannel, 'hiddenMembers'>
  readonly lookup: SessionLookup
  readonly parts: ManagerParts
}

/** What a manager does of itself every second: tells, forgets, expires, packs, asks again and compares. */
export class Housekeeping {
  readonly #components: HousekeepingComponents
  #tick: Timer | undefined

  constructor(components: HousekeepingComponents) {
    this.#components = components
  }

  start(): void {
    const { clock, lookup, parts } = this.#components
    this.#noteHidden()
    lookup.tick()
    this.#tick = clock.setTimer(alignedDelayMs(clock, TICK_MS), () => this.start())
    parts.accessTimes.tell()
    parts.forgetting.tick()
    const { expiredUnasked } = parts.replicas.forgotten
    if (parts.absences.isAnybodyOut()) expiredUnasked.somebodyIsOut()
    else expiredUnasked.nobodyIsOut()
    parts.tableRounds.tick()
    parts.pulls.tick()
    parts.handover.tick()
    parts.locks.tick()
    parts.antiEntropy.tick()
  }

  stop(): void {
    this.#tick?.cancel()
  }

  /** Who is there and was never met here is missing, also when those who see it have gone before it could be met; and it is not gone for good as long as somebody sees it. */
  #noteHidden(): void {
    const { absences, departures, peers } = this.#components.parts
    const hidden = this.#components.channel.hiddenMembers?.() ?? []
    const unmet = hidden.map(id => ({ actor: actorNamed(id), goneMs: 0, hasLeft: false }))
    for (const { actor } of unmet) {
      departures.seenByOthers(actor)
      absences.seenByOthers(actor)
    }
    absences.learn(departures.learn(unmet, actor => peers.isActor(actor)))
  }
}
