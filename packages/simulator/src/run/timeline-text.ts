import type { Listener } from '../cluster/recorder.js'
import type { HistoryEvent, RequestEvent, ResponseEvent } from '../history/history-event.js'

const TIME_WIDTH = 11
const WHO_WIDTH = 11
const ID_SHOWN = 8

/** A run as people can read it: one line for everything that happened, who said what to whom, and what each node believed. */
export class TimelineText implements Listener {
  readonly #lines: string[] = []

  get text(): string {
    return `${this.#lines.join('\n')}\n`
  }

  happened(event: HistoryEvent): void {
    const [who, what] = wordsOf(event)
    if (what !== '') this.noted(event.at, who, what)
  }

  noted(at: number, who: string, what: string): void {
    this.#lines.push(`${at.toFixed(3).padStart(TIME_WIDTH)}  ${who.padEnd(WHO_WIDTH)}  ${what}`)
  }
}

function wordsOf(event: HistoryEvent): [who: string, what: string] {
  switch (event.kind) {
    case 'run':
      return ['', `seed ${event.seed}, nodes ${event.nodes.join(' ')}`]
    case 'phase':
      return ['', `════ ${event.phase} ════`]
    case 'fault':
      return ['', `${event.isOver ? 'over:' : 'FAULT'} ${event.fault} ${event.what}`]
    case 'process':
      return [event.incarnation, `process: ${event.what}`]
    case 'view':
      return [event.incarnation, `sees ${event.members.join(' ') || 'nobody'}`]
    case 'request':
      return [event.client, requestText(event)]
    case 'response':
      return ['', responseText(event)]
    case 'session':
      return [
        event.incarnation,
        `session ${short(event.session)} ${event.event}${event.isLocal ? ' here' : ''}${conflictText(event)}`,
      ]
    case 'trouble':
      return [event.incarnation, `TROUBLE ${event.trouble}: ${event.what}`]
    case 'copies':
      return [
        event.incarnation,
        `holds ${Object.entries(event.sessions)
          .map(
            ([id, c]) => `${short(id)}:${c.standing}${c.hasGap ? ':gap' : ''}:${c.state} ${JSON.stringify(c.values)}`,
          )
          .join('\n'.padEnd(TIME_WIDTH + WHO_WIDTH + 11))}`,
      ]
    case 'load':
    case 'counters':
      return ['', '']
  }
}

function requestText({ request, node, session, cookieFrom }: RequestEvent): string {
  const cookie = session === undefined ? 'no cookie' : `session ${short(session)}, cookie of request ${cookieFrom}`
  return `request ${request} → ${node}  (${cookie})`
}

function responseText({
  request,
  outcome,
  isStale,
  error,
  session,
  isNew,
  read,
  wrote,
  ended,
  ...rest
}: ResponseEvent): string {
  const parts = [
    `answer ${request}: ${outcome}${isStale ? ' STALE' : ''}${error ? ` ${error}` : ''}`,
    session && `${isNew ? 'new ' : ''}session ${short(session)}`,
    read && Object.keys(read).length > 0 && `read ${JSON.stringify(read)}`,
    wrote && wrote.length > 0 && `wrote ${wrote.map(w => `${w.name}=${w.version} over ${w.base}`).join(', ')}`,
    ended && ended.length > 0 && `ended ${ended.map(short).join(' ')}`,
    rest.acknowledged !== 'nothing' && rest.acknowledged && `${rest.acknowledged} by ${rest.holders?.join(' ')}`,
  ]
  return parts.filter(part => part).join('; ')
}

function conflictText(event: Extract<HistoryEvent, { kind: 'session' }>): string {
  if (event.event === 'id-changed') return ` from ${short(event.oldSession!)}`
  return event.event === 'conflict' ? ` ${event.name}: kept ${event.kept}, dropped ${event.dropped}` : ''
}

function short(id: string): string {
  return id.slice(0, ID_SHOWN)
}
