import type { HistoryEvent } from '../history/history-event.js'
import { TraceHash } from '../trace-hash.js'

/** What happened on the network, and what became of every request: two runs of one seed have the same. */
export function traceOf(networkTrace: string, history: readonly HistoryEvent[]): string {
  const hash = new TraceHash()
  hash.add(networkTrace)
  for (const event of history) hash.add(essenceOf(event))
  return hash.digest()
}

/** Where code stands in files is no part of what happened. */
function essenceOf(event: HistoryEvent): string {
  const { kind, at } = event
  switch (event.kind) {
    case 'response':
      return `${kind}${at}${event.request}${event.outcome}${event.session}${event.holders}`
    case 'session':
      return `${kind}${at}${event.incarnation}${event.event}${event.session}`
    case 'view':
      return `${kind}${at}${event.incarnation}${event.members}`
    case 'copies':
      return `${kind}${event.incarnation}${event.digest}`
    default:
      return `${kind}${at}`
  }
}
