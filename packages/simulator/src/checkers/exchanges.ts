import type { HistoryEvent, RequestEvent, ResponseEvent } from '../history/history-event.js'
import type { Process, Timeline } from './timeline.js'

/** A request and what became of it. */
export interface Exchange {
  readonly request: RequestEvent
  readonly response: ResponseEvent
  /** The process that the request went to, as far as anybody knows. */
  readonly process: Process | undefined
}

/** Puts responses to their requests. The others ask it about the response that they are just being shown. */
export class Exchanges {
  readonly #timeline: Timeline
  readonly #open = new Map<number, { readonly request: RequestEvent; readonly process: Process | undefined }>()
  #current: Exchange | undefined
  requests = 0

  constructor(timeline: Timeline) {
    this.#timeline = timeline
  }

  see(event: HistoryEvent): void {
    if (event.kind === 'request') this.#begin(event)
    else if (event.kind === 'response') this.#end(event)
  }

  /** Undefined when nobody has seen the request: such an answer tells nothing that can be relied upon. */
  of(response: ResponseEvent): Exchange | undefined {
    return this.#current?.response === response ? this.#current : undefined
  }

  /** Requests to which no end has been seen. */
  *unanswered(): Generator<{ readonly request: RequestEvent; readonly process: Process | undefined }> {
    yield* this.#open.values()
  }

  #begin(request: RequestEvent): void {
    this.requests++
    this.#open.set(request.request, { request, process: this.#timeline.processOf(request.node) })
  }

  #end(response: ResponseEvent): void {
    const begun = this.#open.get(response.request)
    this.#open.delete(response.request)
    this.#current = begun && { ...begun, response }
  }
}

/** The session that an answer was about. */
export function sessionOf({ request, response }: Exchange): string | undefined {
  return response.session ?? request.session
}

/** Whether this answer's session is the request's under a new id. */
export function isRename({ request, response }: Exchange): boolean {
  const { session, ended, isNew } = response
  if (request.session === undefined || session === undefined || session === request.session || isNew) return false
  return ended?.includes(request.session) ?? false
}

/** What the request did may have been anything: it got no answer, and nobody says what it had done by then. */
export function isUnknown({ outcome, wrote, ended }: ResponseEvent): boolean {
  return (outcome === 'lost' || outcome === 'failed') && wrote === undefined && ended === undefined
}

/** Whether the request changed something that others were told, or may have been. */
export function isCommitted({ acknowledged }: ResponseEvent): boolean {
  return acknowledged !== undefined && acknowledged !== 'nothing'
}

/** Whether what was written has come into a copy at all. A session that died meanwhile takes nothing. */
export function isStored({ outcome, acknowledged }: ResponseEvent): boolean {
  return outcome === 'ok' && acknowledged !== 'nothing'
}
