import { type CheckOptions, type CheckReport, checkHistory } from '../../src/checkers/check-history.js'
import type { Invariant } from '../../src/checkers/violation.js'
import type {
  CopyEvent,
  HistoryEvent,
  ResponseEvent,
  RunBegan,
  SessionLifecycleEvent,
} from '../../src/history/history-event.js'

type Values = NonNullable<CopyEvent['values']>
type Answer = Partial<Omit<ResponseEvent, 'kind' | 'at' | 'request'>>
/** `name: [version, base]` */
type Writes = Record<string, readonly [version: number | null, base: number | null]>

/**
 * A tiny history, written by hand. Time goes on by 10 ms with each event, and by `after`. Nodes `a`, `b`, `c` are started and see each other; the incarnation of
 * the first process on `a` is `a1`, of the next one `a2`.
 */
export class HistoryBuilder {
  readonly events: HistoryEvent[] = []
  #now = 0
  #requests = 0
  readonly #generations = new Map<string, number>()

  constructor(nodes: readonly string[] = ['a', 'b', 'c'], run: Partial<RunBegan> = {}) {
    const base = { seed: 1, nodes, idleLimitMs: 1_800_000, bounds: {}, maxWaitMs: 1_000 }
    this.#add({ kind: 'run', at: 0, ...base, ...run })
    for (const node of nodes) this.start(node)
    this.agree(...nodes)
  }

  get now(): number {
    return this.#now
  }

  after(ms: number): this {
    this.#now += ms
    return this
  }

  start(node: string): this {
    this.#generations.set(node, (this.#generations.get(node) ?? 0) + 1)
    return this.process(node, 'start').process(node, 'ready')
  }

  /** `tookAlong`: sessions of which an ending process has something that nobody else has. */
  process(node: string, what: Extract<HistoryEvent, { kind: 'process' }>['what'], ...tookAlong: string[]): this {
    return this.#add({ kind: 'process', at: this.#tick(), ...this.#of(node), what, tookAlong })
  }

  /** Stands still from now on; the last of what it had sent arrives so much later. */
  pauses(node: string, lastWordsMs: number): this {
    const at = this.#tick()
    const lastWordsAt = at + lastWordsMs
    return this.#add({ kind: 'process', at, ...this.#of(node), what: 'pause', lastWordsAt })
  }

  kill(node: string): this {
    return this.process(node, 'kill')
  }

  view(node: string, ...members: readonly string[]): this {
    return this.#add({ kind: 'view', at: this.#tick(), ...this.#of(node), members })
  }

  agree(...nodes: readonly string[]): this {
    for (const node of nodes) this.view(node, ...nodes.filter(other => other !== node))
    return this
  }

  fault(fault: string, isOver = false): this {
    return this.#add({ kind: 'fault', at: this.#tick(), fault, what: fault, ...(isOver && { isOver }) })
  }

  phase(phase: 'faults' | 'healed' | 'settled'): this {
    return this.#add({ kind: 'phase', at: this.#tick(), phase })
  }

  /** `cookieFrom`: the request whose answer set the cookie; nobody says when it is absent. */
  request(client: string, node: string, session?: string, cookieFrom?: number): number {
    const request = ++this.#requests
    const cookie = { ...(session !== undefined && { session }), ...(cookieFrom !== undefined && { cookieFrom }) }
    this.#add({ kind: 'request', at: this.#tick(), request, client, node, ...cookie })
    return request
  }

  answer(request: number, answer: Answer = {}): this {
    return this.#add({ kind: 'response', at: this.#tick(), request, outcome: 'ok', ...answer })
  }

  /** A request and its answer, about the session that its cookie names unless the answer says otherwise. */
  ask(client: string, node: string, session: string | undefined, answer: Answer = {}, cookieFrom?: number): this {
    const request = this.request(client, node, session, cookieFrom)
    return this.answer(request, { ...(session !== undefined && { session }), ...answer })
  }

  reads(
    client: string,
    node: string,
    session: string,
    read: NonNullable<ResponseEvent['read']>,
    answer: Answer = {},
    cookieFrom?: number,
  ) {
    return this.ask(client, node, session, { read, ...answer }, cookieFrom)
  }

  /** Held by all that are told, or by those in `holders`. */
  writes(
    client: string,
    node: string,
    session: string,
    writes: Writes,
    answer: Answer = {},
    cookieFrom?: number,
  ): this {
    const wrote = Object.entries(writes).map(([name, [version, base]]) => ({ name, version, base }))
    return this.ask(
      client,
      node,
      session,
      { wrote, acknowledged: 'held', holders: ['a1', 'b1', 'c1'], ...answer },
      cookieFrom,
    )
  }

  logout(client: string, node: string, session: string, answer: Answer = {}): this {
    const request = this.request(client, node, session)
    return this.answer(request, { ended: [session], acknowledged: 'held', holders: ['a1', 'b1'], ...answer })
  }

  told(
    node: string,
    event: SessionLifecycleEvent['event'],
    session: string,
    more: Partial<SessionLifecycleEvent> = {},
  ): this {
    return this.#add({ kind: 'session', at: this.#tick(), ...this.#of(node), event, session, isLocal: true, ...more })
  }

  /** Everything is over, and each of these nodes has these sessions; `dead` stands for a death certificate. */
  end(nodes: readonly string[], sessions: Record<string, Values | 'dead'>): this {
    this.phase('settled')
    for (const node of nodes) this.copies(node, sessions)
    return this
  }

  copies(node: string, sessions: Record<string, Values | 'dead'>, more: Partial<CopyEvent> = {}): this {
    const copies = Object.entries(sessions).map(([id, values]) => [id, { ...copyOf(values), ...more }])
    const digest = JSON.stringify(sessions)
    return this.#add({
      kind: 'copies',
      at: this.#tick(),
      ...this.#of(node),
      digest,
      sessions: Object.fromEntries(copies),
    })
  }

  add(event: Omit<HistoryEvent, 'at'>): this {
    return this.#add({ ...event, at: this.#tick() } as HistoryEvent)
  }

  of(node: string): { readonly node: string; readonly incarnation: string } {
    return this.#of(node)
  }

  check(options: Partial<CheckOptions> = {}): CheckReport {
    return checkHistory(this.events, options)
  }

  /** The sentences of one invariant's violations. */
  violations(invariant: Invariant, options: Partial<CheckOptions> = {}): string[] {
    return this.check(options)
      .violations.filter(v => v.invariant === invariant)
      .map(({ what }) => what)
  }

  #of(node: string) {
    return { node, incarnation: `${node}${this.#generations.get(node) ?? 1}` }
  }

  #tick(): number {
    return (this.#now += 10)
  }

  #add(event: HistoryEvent): this {
    this.events.push(event)
    return this
  }
}

function copyOf(values: Values | 'dead'): CopyEvent {
  return values === 'dead'
    ? { standing: 'dead', state: 'dead' }
    : { standing: 'live', state: JSON.stringify(values), values }
}
