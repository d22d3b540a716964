import { type Commit, type DeltaSession, type HaError, TooManyActiveSessionsError } from '@clowder/ha'
import type { RequestSession } from '@clowder/http'
import type { ResponseEvent, WrittenValue } from '../history/history-event.js'
import type { Answer } from './answer.js'
import type { ClusterProcess } from './cluster-process.js'
import type { CommitWatcher } from './commit-watch.js'
import { wrongInCookie } from './cookie-words.js'
import { watchEverybody } from './everybody.js'
import { type Evidence, isEmpty, latestCommit } from './evidence.js'
import type { Onlooker } from './onlooker.js'
import { COOKIE_NAME } from './process-options.js'
import { checkStamp } from './session-stamp.js'
import { SimResponse, simRequest } from './sim-response.js'

/** The code that an application runs for a request. Ends the visit with `visit.finish`. */
export type Application = (visit: Visit) => void

/** The id in a cookie: what stands before the first dot. */
export function sessionIn(cookie: string | undefined): string | undefined {
  return cookie?.slice(0, cookie.indexOf('.'))
}

const SERVICE_UNAVAILABLE = 503

/** One request on one process, from the cookie that came to the answer that goes: through the real valve, watched from outside. */
export class Visit implements CommitWatcher {
  readonly process: ClusterProcess
  readonly cookie: string | undefined
  readonly #application: Application
  readonly #onlooker: Onlooker
  readonly #answered: (answer: Answer) => void
  readonly #request: ReturnType<typeof simRequest>
  readonly #response = new SimResponse(
    () => this.#left(),
    () => this.#checkCookie(),
  )
  #read: Record<string, number | null | readonly number[]> = {}
  readonly #ended = new Set<string>()
  #wrote: WrittenValue[] = []
  #written: Evidence['written']
  #isOver = false
  #isRenamed = false
  #sight: 'looked' | 'not looked' | 'none found' = 'looked'
  #hasCommitted = false
  #isHeadOut = false
  #isLocked: true | undefined
  #hasCommittedLate = false
  #acknowledged: ResponseEvent['acknowledged'] = 'nothing'

  constructor(
    process: ClusterProcess,
    cookie: string | undefined,
    application: Application,
    answered: (answer: Answer) => void,
    path?: string,
  ) {
    this.process = process
    this.#onlooker = process.onlooker()
    this.cookie = cookie
    this.#application = application
    this.#answered = answered
    this.#request = simRequest(cookie === undefined ? undefined : `${COOKIE_NAME}=${cookie}`, path)
    // Whoever waits for its lock when it ends commits in another turn.
    if (process.learnsLocks) process.watch.expect(this)
  }

  run(): void {
    try {
      const goesOn = this.process.valve.run(this.#request, this.#response.asServerResponse)
      if (goesOn === true) this.#application(this)
      else if (goesOn !== false) goesOn.then(goes => goes && this.#application(this)).catch(error => this.fail(error))
    } catch (error) {
      this.fail(error)
    }
  }

  // ── what the application does ──

  /** `req.session`; makes one when there is none. */
  get session(): RequestSession {
    return this.#request.session as unknown as RequestSession
  }

  /** True when the client names a session that this cluster does not have. */
  get isLost(): boolean {
    const { session } = this
    return this.cookie !== undefined && session.isNew && session.id !== sessionIn(this.cookie)
  }

  /** A session that no client has used before. */
  get isOwnSession(): boolean {
    return this.session.id !== sessionIn(this.cookie)
  }

  /** False when another request has ended the session meanwhile. */
  get isValid(): boolean {
    return this.process.manager.inspectCopy(this.session.id)?.state.kind === 'live'
  }

  read(name: string): number | null {
    const value = (Reflect.get(this.session, name) as number | undefined) ?? null
    if (!(name in this.#read)) this.#read[name] = value
    return value
  }

  /** Of a name with a merge function: all that is there. */
  readList(name: string): readonly number[] {
    const list = (Reflect.get(this.session, name) as readonly number[] | undefined) ?? []
    if (!(name in this.#read)) this.#read[name] = list
    return list
  }

  /** Adds to what is there. */
  add(name: string, version: number): void {
    Reflect.set(this.session, name, [...this.readList(name), version])
    this.#note({ name, version, base: null })
  }

  write(name: string, version: number): void {
    const base = this.read(name)
    Reflect.set(this.session, name, version)
    this.#note({ name, version, base })
  }

  remove(name: string): void {
    const base = this.read(name)
    Reflect.deleteProperty(this.session, name)
    this.#note({ name, version: null, base })
  }

  /** A logout: committed at once. */
  destroy(): void {
    this.#turn(() => void this.session.destroy())
  }

  /** The same session under a new id, from the answer on. */
  rename(): void {
    this.#isRenamed = true
    this.#ended.add(this.session.id)
    this.session.changeId()
  }

  /** A new, empty session in the place of this one, from the answer on. */
  regenerate(): void {
    this.#ended.add(this.session.id)
    void this.session.regenerate()
    // What was read belongs to the session that is no more.
    this.#read = {}
  }

  /** Commits now; rejects with the first value that was refused. */
  async save(): Promise<void> {
    let saved: Promise<void> | undefined
    this.#turn(() => {
      saved = this.session.save()
    })
    await saved
  }

  /** The session is this request's alone from then on; where it cannot be had in time, or has ended, the page does not look at it. */
  lock(timeoutMs: number, goOn: () => void): void {
    const { session } = this
    // What it has looked at before it may be old by then.
    for (const name of Object.keys(session)) Reflect.get(session, name)
    session
      .lock({ timeout: timeoutMs })
      .then(
        () => {
          this.#isLocked = true
          goOn()
        },
        () => this.finishWithout('not looked'),
      )
      .catch(error => this.fail(error))
  }

  later(delayMs: number, goOn: () => void): void {
    this.process.host.clock.setTimer(delayMs, () => {
      try {
        goOn()
      } catch (error) {
        this.fail(error)
      }
    })
  }

  /** The head of the answer goes out, as of a page that streams: what is changed after it is committed at the answer's end. */
  sendHead(): void {
    this.#turn(() => this.#response.flushHeaders())
    this.#isHeadOut = true
  }

  finish(): void {
    this.#turn(() => this.#response.end())
  }

  /** The client has gone: nobody hears the answer, and what was changed is committed. */
  abandon(): void {
    this.#turn(() => this.#response.close())
    // Under a lock that is lost nothing is, and nobody is left to be told.
    if (!this.#hasLocked) this.#checkCommitted()
    this.#over({ outcome: 'lost', isAbandoned: true })
  }

  /** Answered by a page that has not looked at the session, or has found none. */
  finishWithout(why: 'not looked' | 'none found'): void {
    this.#sight = why
    this.finish()
  }

  fail(error: unknown): void {
    if (this.#isOver) return
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    // A page of an application whose nodes have only room for so many sessions answers 503 then.
    this.#over({ outcome: error instanceof TooManyActiveSessionsError ? 'refused' : 'failed', error: text })
  }

  /** The process, or the way to it, is gone. */
  lose(): void {
    this.#over({ outcome: 'lost' })
  }

  // ── what the onlooker sees ──

  owns(session: DeltaSession): boolean {
    return exchangeOf(this.#request)?.delta === session
  }

  committed(session: DeltaSession, commit: Commit): void {
    for (const error of commit.refused) this.#refused(error)
    if (!commit.changed) return
    this.#hasCommitted = true
    this.#hasCommittedLate = this.#isHeadOut
    const { manager, actor } = this.process
    const isEnd = manager.inspectCopy(session.id)?.state.kind === 'dead'
    if (isEnd) this.#ended.add(session.id)
    else this.#written = latestCommit(manager, session.id, actor, new Set(this.#wrote.map(({ name }) => name)))
    if (session.id !== sessionIn(this.cookie)) checkStamp(this.process, session.id)
    this.#acknowledged = this.process.isAsync ? 'async' : 'degraded'
    const evidence = isEnd ? { written: undefined, ended: [session.id] } : { written: this.#written, ended: [] }
    watchEverybody(this.process, this.#onlooker.processes(), commit, evidence)
    commit.acknowledged?.then(outcome => {
      this.#acknowledged = outcome
    })
  }

  /** It is as if it had not been written. */
  #refused(error: HaError): void {
    const { path } = error as { path?: string }
    this.#wrote = this.#wrote.filter(({ name }) => path === undefined || !path.endsWith(name))
  }

  #note(written: WrittenValue): void {
    this.#wrote.push(this.#isHeadOut ? { ...written, isLate: true } : written)
  }

  /** What was written in a session that lives is committed, unless it was refused. */
  #checkCommitted(): void {
    const { manager } = this.process
    const id = this.#request.session?.id
    const isOpen = this.#wrote.some(({ version, isLate }) => version !== null && !this.#isCommitted(isLate))
    if (isOpen && id !== undefined && manager.inspectCopy(id)?.state.kind === 'live')
      this.process.broken('what a page writes is committed')
  }

  #isCommitted(isLate: true | undefined): boolean {
    return isLate ? this.#hasCommittedLate : this.#hasCommitted
  }

  /** Nobody replaces, meanwhile, what it has read. The lock of a page whose head is out could not be given back with it. */
  get #hasLocked(): true | undefined {
    return this.#isLocked ?? ((this.process.learnsLocks && !this.#isHeadOut) || undefined)
  }

  #turn(what: () => void): void {
    this.process.watch.during(this, what)
  }

  #left(): void {
    const isRefused = this.#response.statusCode === SERVICE_UNAVAILABLE
    const isStale = this.#response.getHeader('Clowder-Stale') !== undefined || undefined
    // The session was busy for too long, or another request was faster: nothing of this one is kept.
    if (isRefused && !isStale && this.process.learnsLocks) return this.#over({ outcome: 'refused', isBusy: true })
    if (isRefused) return this.#over({ outcome: 'refused', isStale })
    const cookie = cookieOf(this.#response)
    if (this.#sight === 'looked') this.#over(this.#seen(cookie, isStale))
    else this.#over({ outcome: this.#sight === 'not looked' ? 'ok' : 'none', isStale, cookie })
  }

  #seen(cookie: string | null | undefined, isStale: true | undefined): Answer {
    this.#checkCommitted()
    this.#wrote = this.#wrote.filter(({ isLate }) => this.#isCommitted(isLate))
    if (!this.#hasCommitted) this.#ended.clear()
    const evidence = { written: this.#written, ended: [...this.#ended] }
    const isNew = this.#written !== undefined && !this.#isRenamed && this.#written.id !== sessionIn(this.cookie)
    return {
      outcome: 'ok',
      isStale,
      session: sessionIn(cookie === undefined ? this.cookie : (cookie ?? undefined)),
      isNew: isNew || undefined,
      read: this.#read,
      wrote: this.#wrote,
      isLocked: this.#hasLocked,
      ended: evidence.ended,
      acknowledged: this.#acknowledged,
      holders: isEmpty(evidence) ? undefined : this.#onlooker.holders(evidence),
      cookie,
    }
  }

  /** Just made, of what its session says now. */
  #checkCookie(): void {
    const given = cookieOf(this.#response)
    const delta = exchangeOf(this.#request)?.delta
    if (!given || !delta) return
    const state = this.process.manager.inspectCopy(delta.id)?.state
    const isOlder = delta.seen.dots.length > 0
    const wrong = wrongInCookie({ brought: this.cookie, given, meant: delta.token, isOlder, state })
    if (wrong !== undefined) this.process.broken(wrong)
  }

  #over(answer: Answer): void {
    if (this.#isOver) return
    this.#isOver = true
    this.process.watch.forget(this)
    this.process.left(this)
    this.#answered(answer)
  }
}

/** What the valve keeps with a request. */
function exchangeOf(request: object): { readonly delta?: DeltaSession } | undefined {
  const key = Object.getOwnPropertySymbols(request).find(({ description }) => description === 'clowder.exchange')
  return key && (Reflect.get(request, key) as { readonly delta?: DeltaSession })
}

/** The value of Set-Cookie; null when it clears. */
function cookieOf(response: SimResponse): string | null | undefined {
  const header = response.getHeader('Set-Cookie')
  if (header === undefined) return undefined
  const [line] = Array.isArray(header) ? header : [header]
  const value = String(line).slice(COOKIE_NAME.length + 1, String(line).indexOf(';'))
  return value === '' ? null : value
}
