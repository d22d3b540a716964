import type { DeltaManager } from '@clowder/ha'
import type { LiveCopy } from './evidence.js'

/** So much of its idle limit may be left of a session that is not about to expire anywhere. */
const IDLE_SHARE = 0.5

export interface DropsOnlooker {
  /** By the clock of the process. */
  now(): number
  /** Whether another process has it, or had a moment ago. */
  isElsewhere(part: LiveCopy): boolean
  broken(what: string): void
}

/** Where copies move, one is given up when those that are to hold it have it. What is idle may have expired with them meanwhile. */
export function watchDrops(manager: DeltaManager, { now, isElsewhere, broken }: DropsOnlooker): void {
  manager.attach(() => ({
    dropped: copy => {
      const { id, state, idleLimitMs } = copy
      if (state.kind === 'dead' || copy.idleMs(now()) >= IDLE_SHARE * idleLimitMs) return
      const isSomewhere = partsOf({ id, state }).every(isElsewhere)
      if (!isSomewhere) broken(`a copy is dropped when others have all of it: session ${id}`)
    },
  }))
}

/** Each may be with somebody else: two holders that cannot talk to each other may have been asked both. */
function partsOf({ id, state }: LiveCopy): readonly LiveCopy[] {
  return state.entries.map(entry => ({ id, state: { ...state, entries: [entry] } }))
}
