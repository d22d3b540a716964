import { type Clock, type Logger, type Member, memberText } from '@clowder/tribes'
import type { AntiEntropy } from './anti-entropy.js'
import type { Handover } from './handover.js'
import type { LateCertificates } from './late-certificates.js'
import type { Peers } from './peers.js'
import type { Placement } from './placement.js'

/** A member that keeps catching up is compared with for it no more often than the routine does anyway, ms. */
const CAUGHT_UP_EVERY_MS = 1_000

export interface HealingComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly peers: Peers
  readonly placement: Placement
  readonly antiEntropy: AntiEntropy
  readonly handover: Handover
  readonly lateCertificates: LateCertificates
}

/** Comparisons that something gives rise to, beside the routine: a member has come, has gone, is about to go, or has missed messages. And who holds what from then on. */
export class Healing {
  readonly #components: HealingComponents
  /** When a member that had caught up was last compared with for it, monotonic ms. */
  readonly #caughtUpAtMs = new Map<string, number>()

  constructor(components: HealingComponents) {
    this.#components = components
  }

  /** Finds again who holds what: a member has come or gone, or this process has another name. */
  place(): void {
    const { handover, lateCertificates, placement } = this.#components
    handover.membershipChanged(placement.changed())
    lateCertificates.placed()
  }

  stop(): void {
    this.#components.handover.stop()
    this.#components.lateCertificates.stop()
  }

  /** Of two that see each other, the one with the lesser id begins. */
  memberAdded(member: Member): void {
    this.#compareOnce(member)
  }

  memberDisappeared(member: Member): void {
    this.#caughtUpAtMs.delete(member.id)
    this.#components.placement.gone(member.id)
    this.place()
    this.#compareAgain()
  }

  /** It owns nothing any more; it gives its copies away, and the others compare at once, so that none is missing when it is gone. */
  memberLeaving(member: Member): void {
    this.#components.placement.leaving(member.id)
    this.place()
    this.#compareAgain()
  }

  /** Messages to it were refused while it could not keep up: it missed some. */
  memberCaughtUp(member: Member): void {
    const { antiEntropy, clock } = this.#components
    const nowMs = clock.now()
    const lastMs = this.#caughtUpAtMs.get(member.id) ?? Number.NEGATIVE_INFINITY
    // Comparing can be what it cannot keep up with: then the routine goes on.
    if (nowMs - lastMs < CAUGHT_UP_EVERY_MS || antiEntropy.isComparing(member)) return
    this.#caughtUpAtMs.set(member.id, nowMs)
    this.#compare(member)
  }

  /** Those that are left may hold more in common than before. */
  #compareAgain(): void {
    const { peers, placement } = this.#components
    if (!placement.isEverywhere) for (const member of peers.members()) this.#compareOnce(member)
  }

  #compareOnce(member: Member): void {
    const { antiEntropy, peers } = this.#components
    if (antiEntropy.isReady && peers.localId < member.id && !antiEntropy.isComparing(member)) this.#compare(member)
  }

  #compare(member: Member): void {
    void this.#components.antiEntropy.open(member).then(outcome => {
      if (outcome.kind !== 'done' || outcome.received === 0) return
      const text = `${outcome.received} sessions brought up to date from ${memberText(member)}`
      this.#components.logger.info({ member, sessions: outcome.received }, text)
    })
  }
}
