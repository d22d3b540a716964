import type { HistoryEvent, ProcessEvent, SessionLifecycleEvent, ViewEvent } from '../history/history-event.js'
import type { SchedulePlan } from '../schedule/schedule-plan.js'

/** A certificate goes at the next tick after its time. */
const TICK_MS = 1_000

/** Counts classes of the catalogue that nobody begins: they come about, and a history shows that they did. */
export class DerivedClasses {
  readonly counts: Record<string, number> = { F08: 0, F41: 0, F53: 0, F55: 0 }
  readonly #hasOwners: boolean
  readonly #memoryMs: number
  readonly #joining = new Set<string>()
  /** Of the processes that live: whom each believes in, itself included. */
  readonly #views = new Map<string, string>()
  readonly #destroyedAt = new Map<string, number>()

  constructor({ process, faults }: SchedulePlan) {
    this.#hasOwners = process.manager.copies !== undefined
    this.#memoryMs = memoryMsOf(process.manager)
    for (const fault of faults) if (fault.kind === 'pause' && fault.forMs > this.#memoryMs) this.#count('F08')
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'process') this.#seeProcess(event)
    else if (event.kind === 'view') this.#seeView(event)
    else if (event.kind === 'session' && event.event === 'destroyed') this.#seeEnd(event)
    else if (event.kind === 'response' && event.wrote?.length && this.#hasOwners && this.#disagree()) this.#count('F55')
  }

  /** F41: whoever starts finds somebody who has not got everything himself. */
  #seeProcess({ what, incarnation, at }: ProcessEvent): void {
    if (what === 'start') {
      if (at > 0 && this.#joining.size > 0) this.#count('F41')
      this.#joining.add(incarnation)
    } else if (what === 'ready') this.#joining.delete(incarnation)
    else if (what === 'kill' || what === 'off' || what === 'stop') {
      this.#joining.delete(incarnation)
      this.#views.delete(incarnation)
    }
  }

  #seeView({ incarnation, node, members }: ViewEvent): void {
    this.#views.set(incarnation, [...members, node].sort().join(' '))
  }

  /** F53: somebody hears of an end when the others have forgotten that there was one. */
  #seeEnd({ session, at }: SessionLifecycleEvent): void {
    const first = this.#destroyedAt.get(session)
    if (first === undefined) this.#destroyedAt.set(session, at)
    else if (at - first > this.#memoryMs + TICK_MS) this.#count('F53')
  }

  /** F55: who owns a session follows from who is there. */
  #disagree(): boolean {
    return new Set(this.#views.values()).size > 1
  }

  #count(name: string): void {
    this.counts[name] = (this.counts[name] ?? 0) + 1
  }
}

/** For how long an end is remembered by a certificate. */
function memoryMsOf({ retention = 3_600, maxInactiveInterval = 1_800 }: SchedulePlan['process']['manager']): number {
  return 1_000 * Math.max(retention, 2 * maxInactiveInterval)
}
