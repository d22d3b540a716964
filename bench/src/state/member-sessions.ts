import type { DeltaManager, DeltaSession } from 'clowder'

export interface Churn {
  readonly writes: number
  readonly created: number
  readonly seconds: number
}

/** Sessions made or changed in one turn of the loop, so that heartbeats and acknowledgements go on. */
const TURN = 200
/** The same where delays of the loop are measured: few enough that the application itself delays nobody. */
const CHURN_TURN = 20
/** Of so many changes of the churn one begins a session that nobody uses again. */
const CHURN_NEW_EVERY = 10
const CHURN_IDLE_SECONDS = 2
/** Far from any size: so that the sessions of a churn are spread over all. */
const STRIDE = 7_919

/** What an application does to the sessions of one member, as commands of many at a time. */
export class MemberSessions {
  readonly #manager: DeltaManager
  #created = 0

  constructor(manager: DeltaManager) {
    this.#manager = manager
  }

  /** New sessions of so many attributes each, by number. */
  async fill(count: number, bytes: number, first = 0, attributes = 1) {
    for (let i = first; i < first + count; i++) {
      const session = this.#manager.createSession(idOf(i))
      for (let n = 0; n < attributes; n++) session.setAttribute(nameOf(n), textOf(i, bytes))
      this.#manager.requestCompleted(session, 'async')
      if (i % TURN === TURN - 1) await new Promise(setImmediate)
    }
    return { sessions: this.#manager.inspect().sessions }
  }

  /** Another value in each of so many sessions, spread over all. */
  async change(count: number, of: number, text: string) {
    const step = Math.floor(of / count)
    for (let i = 0; i < count; i++) {
      await this.#write(i * step, text, 'async')
      if (i % TURN === TURN - 1) await new Promise(setImmediate)
    }
  }

  /** How many of those show it. */
  changed(count: number, of: number, text: string) {
    const step = Math.floor(of / count)
    let shown = 0
    for (let i = 0; i < count; i++) {
      const found = this.#manager.findSession(idOf(i * step))
      if (found.kind === 'here' && found.session.getAttribute(nameOf(0)) === text) shown++
    }
    return { shown }
  }

  /** One session for somebody who knows its id and has seen nothing of it. */
  async load(number: number) {
    const askedMs = performance.now()
    const found = await this.#manager.loadSession(idOf(number))
    return { ms: performance.now() - askedMs, isHere: found.kind === 'here' }
  }

  /**
   * Values are written anew all over the sessions, each turn's acknowledged before the next one begins, and one session in ten writes is new and soon forgotten. As fast as
   * it goes, or so many writes a second.
   */
  async churn(seconds: number, of: number, bytes: number, perSecond = Number.POSITIVE_INFINITY): Promise<Churn> {
    const startedMs = performance.now()
    const untilMs = startedMs + seconds * 1000
    const createdBefore = this.#created
    let writes = 0
    while (performance.now() < untilMs) {
      const acknowledged = []
      for (let n = 0; n < CHURN_TURN; n++) acknowledged.push(this.#churned(writes++, of, bytes))
      await Promise.all(acknowledged)
      await untilTimeMs(startedMs + (writes / perSecond) * 1000)
    }
    const took = (performance.now() - startedMs) / 1000
    return { writes, created: this.#created - createdBefore, seconds: took }
  }

  /** As the churn, of sessions that are there only. */
  async rewrite(seconds: number, of: number, bytes: number): Promise<Churn> {
    const startedMs = performance.now()
    const untilMs = startedMs + seconds * 1000
    let writes = 0
    while (performance.now() < untilMs) {
      const acknowledged = []
      for (let n = 0; n < CHURN_TURN; n++)
        acknowledged.push(this.#write((writes * STRIDE) % of, textOf(writes++, bytes), 'backup'))
      await Promise.all(acknowledged)
    }
    return { writes, created: 0, seconds: (performance.now() - startedMs) / 1000 }
  }

  #churned(n: number, of: number, bytes: number) {
    if (n % CHURN_NEW_EVERY > 0) return this.#write((n * STRIDE) % of, textOf(n, bytes), 'backup')
    const session = this.#manager.createSession(`churned-${this.#created++}-`.padEnd(32, 'x'))
    session.maxInactiveInterval = CHURN_IDLE_SECONDS
    session.setAttribute(nameOf(0), textOf(n, bytes))
    return this.#manager.requestCompleted(session, 'backup').acknowledged
  }

  #write(number: number, text: string, acknowledge: 'async' | 'backup') {
    const found = this.#manager.findSession(idOf(number))
    if (found.kind === 'here') return this.#commit(found.session, text, acknowledge)
    return this.#loaded(number).then(session => this.#commit(session, text, acknowledge))
  }

  /** After a moment in which this process stood still it asks the others first. */
  async #loaded(number: number): Promise<DeltaSession> {
    const loaded = await this.#manager.loadSession(idOf(number))
    if (loaded.kind !== 'here') throw new Error(`session ${number} is not there`)
    return loaded.session
  }

  #commit(session: DeltaSession, text: string, acknowledge: 'async' | 'backup') {
    session.setAttribute(nameOf(0), text)
    return this.#manager.requestCompleted(session, acknowledge).acknowledged
  }
}

async function untilTimeMs(atMs: number): Promise<void> {
  const waitMs = atMs - performance.now()
  await new Promise(resolve => (waitMs > 1 ? setTimeout(resolve, waitMs) : setImmediate(resolve)))
}

function idOf(i: number): string {
  return `session-${i}-`.padEnd(32, 'x')
}

function nameOf(n: number): string {
  return n === 0 ? 'value' : `value${n}`
}

function textOf(i: number, bytes: number): string {
  return `${i}`.padEnd(bytes, 'x')
}
