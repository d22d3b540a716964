import type { HistoryEvent } from '../history/history-event.js'
import type { Process, Timeline } from './timeline.js'

/** A machine was cloned. */
const CLONED = 'F42'

export interface TwinSessionsOptions {
  /** Certificates may go before their time. @default false */
  readonly areCertificatesCapped: boolean
}

/**
 * The sessions that were made under an incarnation which two processes had. What one of the two made is under the common name for ever, and may be taken for what the
 * other one made, and has ended, by whoever has forgotten an end (docs/design/0005): nobody has before the retention is over. It was found out if the process took another incarnation later;
 * as long as nobody finds out, all is demanded.
 */
export class TwinSessions {
  readonly #timeline: Timeline
  readonly #options: TwinSessionsOptions
  /** By session: the process that made it, while it has the incarnation under which it did. */
  readonly #makers = new Map<string, Process>()
  readonly #ofTwins = new Set<string>()

  constructor(timeline: Timeline, options: Partial<TwinSessionsOptions> = {}) {
    this.#timeline = timeline
    this.#options = { areCertificatesCapped: false, ...options }
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'session' && event.event === 'created' && event.isLocal) this.#made(event)
    else if (event.kind === 'process' && event.what === 'new-incarnation') this.#renamed(event)
  }

  /** Whether somebody may have taken it for one that has ended by `at`. */
  mayBeTakenForEnded(session: string, at: number): boolean {
    const retentionMs = this.#timeline.run?.retentionMs ?? Number.POSITIVE_INFINITY
    return this.#ofTwins.has(session) && (this.#options.areCertificatesCapped || at >= retentionMs)
  }

  #made({ session, incarnation }: { readonly session: string; readonly incarnation: string }): void {
    const maker = this.#timeline.process(incarnation)
    if (maker) this.#makers.set(session, maker)
  }

  /** A process takes another incarnation also when its host has a new address: where nobody was cloned that is the only reason. */
  #renamed({ incarnation }: { readonly incarnation: string }): void {
    const process = this.#timeline.process(incarnation)
    const isTwin = this.#timeline.faultClasses.has(CLONED)
    for (const [session, maker] of this.#makers) {
      if (maker !== process) continue
      this.#makers.delete(session)
      if (isTwin) this.#ofTwins.add(session)
    }
  }
}
