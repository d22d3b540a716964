import type { ResponseEvent } from '../history/history-event.js'

/** What the client gets, and what an onlooker knows of it. */
export interface Answer extends Omit<ResponseEvent, 'at' | 'kind' | 'request'> {
  /** The cookie's new value; null: it is taken away; absent: it stays. */
  readonly cookie?: string | null | undefined
}

/** As it is written down. Field by field, so that all responses have one shape: there are more of them than of anything else, and every checker looks at each. */
export function responseOf(answer: Answer, request: number, at: number): ResponseEvent {
  const { outcome, error, isAbandoned, isBusy, isStale, session } = answer
  const { isNew, read, wrote, isLocked, ended, acknowledged, holders } = answer
  return {
    at,
    kind: 'response',
    request,
    outcome,
    error,
    isAbandoned,
    isBusy,
    isStale,
    session,
    isNew,
    read,
    wrote,
    isLocked,
    ended,
    acknowledged,
    holders,
  }
}
