import type { CopiesEvent, CopyEvent, HistoryEvent } from '../history/history-event.js'
import type { Process, Timeline } from './timeline.js'

/** One process's copy of one session. */
export interface FinalCopy {
  readonly process: Process
  readonly copy: CopyEvent
}

/** What each process holds at the end, as far as it is still there. */
export class FinalCopies {
  readonly #timeline: Timeline
  readonly #told = new Map<Process, CopiesEvent>()
  #sessions: Map<string, FinalCopy[]> | undefined

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  see(event: HistoryEvent): void {
    if (event.kind !== 'copies') return
    const process = this.#timeline.process(event.incarnation)
    if (process) this.#told.set(process, event)
  }

  /** Of the processes that live at the end, each with what it told last. */
  all(): (readonly [Process, CopiesEvent])[] {
    return [...this.#told].filter(([process]) => !process.ended)
  }

  /** By session, the copies of it. Ask at the end only. */
  sessions(): ReadonlyMap<string, readonly FinalCopy[]> {
    this.#sessions ??= this.#gathered()
    return this.#sessions
  }

  of(session: string): readonly FinalCopy[] {
    return this.sessions().get(session) ?? []
  }

  #gathered(): Map<string, FinalCopy[]> {
    const sessions = new Map<string, FinalCopy[]>()
    for (const [process, { sessions: copies }] of this.all()) {
      for (const [id, copy] of Object.entries(copies)) {
        const found = sessions.get(id)
        if (found) found.push({ process, copy })
        else sessions.set(id, [{ process, copy }])
      }
    }
    return sessions
  }
}
