import { writeFileSync } from 'node:fs'
import type { HistoryEvent, ResponseEvent, RunBegan } from '@clowder/simulator'
import type { Cookie, PageAnswer } from '../load/browser.js'
import type { AppMessage, CommitMessage } from '../node/app-message.js'
import { nowMs } from './monotonic.js'

type Without<T, K extends string> = T extends unknown ? Omit<T, K> : never
interface Sender {
  readonly name: string
  readonly incarnation: string
}

/** As if its event loop had stalled. */
const STARVED = 'F09'

/** What is known of one request's commits, however its client fared. */
interface Committed {
  session: string
  wrote: CommitMessage['wrote']
  ended: readonly string[]
  /** Commits whose acknowledgement has not been told. */
  pending: number
  /** Of those that have ended. */
  acknowledged: 'held' | 'degraded' | 'async'
}

/**
 * Writes down what clients, processes and faults do in one schedule, in the common format. A process tells of its commits by itself, so that what was done for a
 * client that got no answer is known too.
 */
export class HistoryRecorder {
  readonly #events: HistoryEvent[] = []
  readonly #commits = new Map<number, Committed>()
  readonly #open = new Map<number, number>()
  readonly #sessions = new Set<string>()
  readonly #isAsync: boolean
  #requests = 0

  constructor(run: Omit<RunBegan, 'at' | 'kind'>, isAsync: boolean) {
    this.#isAsync = isAsync
    this.add({ kind: 'run', ...run })
  }

  /** Every session that a client of this schedule has had. */
  get sessions(): readonly string[] {
    return [...this.#sessions]
  }

  add(event: Without<HistoryEvent, 'at'>, at = nowMs()): void {
    this.#events.push({ at: Math.round(at * 1000) / 1000, ...event } as HistoryEvent)
  }

  requested(client: string, node: string, cookie: Cookie | undefined): number {
    const request = ++this.#requests
    const sent = cookie && { session: cookie.session, cookieFrom: cookie.from }
    this.add({ kind: 'request', request, client, node, ...sent })
    this.#open.set(request, this.#events.length - 1)
    return request
  }

  responded(request: number, { ms: _, isNew, isStale, session, ...answer }: PageAnswer): void {
    this.#open.delete(request)
    if (session !== undefined) this.#sessions.add(session)
    const flags = { ...(isNew && { isNew }), ...(isStale && { isStale }), ...(session !== undefined && { session }) }
    this.add({ kind: 'response', request, ...answer, ...flags })
  }

  told({ name: node, incarnation }: Sender, message: AppMessage): void {
    const { at, type, ...fields } = message
    const from = { node, incarnation }
    if (message.type === 'commit') this.#committed(message)
    else if (message.type === 'acknowledged') this.#acknowledged(message.request, message.outcome)
    else if (message.type === 'starved') this.#starved(node, at, message.ms)
    else if (message.type === 'view') this.add({ kind: 'view', ...from, members: message.members }, at)
    else if (message.type === 'session' || message.type === 'trouble')
      this.add({ kind: type, ...from, ...fields } as Without<HistoryEvent, 'at'>, at)
  }

  /** The whole history, in order of time; requests that nobody will answer any more are closed. */
  finish(): readonly HistoryEvent[] {
    for (const request of this.#open.keys()) this.add({ kind: 'response', request, outcome: 'lost' })
    this.#open.clear()
    const whole = this.#events.map(event => (event.kind === 'response' ? this.#completed(event) : event))
    return whole.sort((a, b) => a.at - b.at)
  }

  /** A fault that nobody drew: what took so long then proves nothing. */
  #starved(node: string, at: number, ms: number): void {
    const what = `${node} was held up for ${ms} ms by a busy machine`
    this.add({ kind: 'fault', fault: STARVED, what }, at - ms)
    this.add({ kind: 'fault', fault: STARVED, what, isOver: true }, at)
  }

  #committed({ request, session, wrote, ended, isAwaited }: CommitMessage): void {
    this.#sessions.add(session)
    const { pending, acknowledged } = this.#commits.get(request) ?? { pending: 0, acknowledged: 'held' }
    const alone = this.#isAsync ? 'async' : 'degraded'
    this.#commits.set(request, {
      session,
      wrote,
      ended,
      pending: pending + (isAwaited ? 1 : 0),
      acknowledged: isAwaited ? acknowledged : alone,
    })
  }

  /** A request may commit twice; the weaker outcome is the request's. */
  #acknowledged(request: number, outcome: 'held' | 'degraded'): void {
    const committed = this.#commits.get(request)
    if (!committed) return
    committed.pending--
    if (outcome === 'degraded') committed.acknowledged = 'degraded'
  }

  #completed(event: ResponseEvent): ResponseEvent {
    const committed = this.#commits.get(event.request)
    if (!committed) return event.outcome === 'ok' ? { ...event, acknowledged: 'nothing' } : withoutCommit(event)
    const { wrote, ended, pending } = committed
    const acknowledged = pending > 0 ? 'degraded' : committed.acknowledged
    const done = { ...(wrote.length > 0 && { wrote }), ...(ended.length > 0 && { ended }), acknowledged }
    return { ...withoutCommit(event), ...done }
  }
}

/** The process would have told of a commit before anybody else could learn of it: so what it has not told of was not done, whatever the client may think. */
function withoutCommit(event: ResponseEvent): ResponseEvent {
  return event.outcome === 'lost' || event.outcome === 'failed' ? { ...event, wrote: [], ended: [] } : event
}

export function writeHistory(file: string, events: readonly HistoryEvent[]): void {
  writeFileSync(file, events.map(event => `${JSON.stringify(event)}\n`).join(''))
}
