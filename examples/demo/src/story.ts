import type { Site } from './client.js'
import type { Supervisor } from './supervisor.js'
import { Tally } from './tally.js'
import { Visitor } from './visitor.js'

export interface StoryComponents {
  readonly supervisor: Supervisor
  /** The balancer's address. */
  readonly site: Site
  /** Gets one line per step. */
  readonly print: (line: string) => void
}

export interface StoryOptions {
  /** Besides the one user. @default 100 */
  readonly otherVisitors?: number
  /** Answers per visitor between two steps. @default 6 */
  readonly requestsPerStep?: number
}

/** What the story counted: the line of JSON at its end. */
export interface StoryResult {
  readonly ok: boolean
  readonly requests: number
  readonly sessions: number
  readonly lostSessions: number
  readonly idChanges: number
  readonly lostWrites: number
  readonly doubledWrites: number
  readonly staleReads: number
  readonly failedRequests: number
  readonly failedOnKilledNode: number
  /** The least that any visitor was answered by. */
  readonly nodesSeen: number
  readonly logouts: number
  readonly logoutsUndone: number
  /** From kill -9 until the last of the other nodes has noticed. */
  readonly detectedGoneMs: number
  readonly restarts: number
  /** What the user's counter says in the end. */
  readonly userCount: number
  readonly seconds: number
}

/** How many log out after the kill, and as many again at the end. */
const LEAVERS = 10

/**
 * The acceptance story: users go on using their sessions while a node is killed, comes back, and then all nodes are restarted one after the other. Nobody may
 * notice, except those whose request was on the killed node's connection.
 */
export class Story {
  readonly tally = new Tally()
  readonly #components: StoryComponents
  readonly #answersPerStep: number
  readonly #visitors: readonly Visitor[]
  readonly #killed = new Set<string>()
  readonly #startedAtMs = performance.now()
  #restarts = 0
  #detectedGoneMs = 0

  constructor(components: StoryComponents, { otherVisitors = 100, requestsPerStep = 6 }: StoryOptions = {}) {
    this.#components = components
    const { site } = components
    const isKilled = (node: string) => this.#killed.has(node)
    const names = ['the user', ...Array.from({ length: otherVisitors }, (_, i) => `visitor ${i + 1}`)]
    this.#visitors = names.map(name => new Visitor(name, { site, tally: this.tally, isKilled }))
    this.#answersPerStep = requestsPerStep * names.length
  }

  /** Rejects when a node does not start. */
  async run(): Promise<StoryResult> {
    const { names } = this.#components.supervisor
    const victim = names[names.length - 1]!
    const early = this.#visitors.slice(-2 * LEAVERS, -LEAVERS)
    const late = this.#visitors.slice(-LEAVERS)
    for (const visitor of this.#visitors) visitor.walk()
    await this.#everybodySeesAll()
    await this.#step(`${this.#visitors.length} visitors on ${names.length} nodes`)
    await this.#kill(victim)
    await this.#logOut(early)
    await this.#start(victim)
    await this.#step(`${victim} is back`)
    for (const name of names) await this.#restart(name)
    await this.#logOut(late)
    await this.#verify(early, late)
    for (const visitor of this.#visitors) visitor.close()
    return this.result()
  }

  /** What was counted so far. */
  result(): StoryResult {
    const { tally } = this
    const { requests, lostSessions, idChanges, lostWrites, doubledWrites, staleReads } = tally
    const { failedRequests, failedOnKilledNode, logouts, logoutsUndone } = tally
    const nodesSeen = this.#leastNodesSeen()
    return {
      ok: tally.isFlawless && nodesSeen === this.#components.supervisor.names.length,
      requests,
      sessions: tally.sessions.size,
      lostSessions,
      idChanges,
      lostWrites,
      doubledWrites,
      staleReads,
      failedRequests,
      failedOnKilledNode,
      nodesSeen,
      logouts,
      logoutsUndone,
      detectedGoneMs: this.#detectedGoneMs,
      restarts: this.#restarts,
      userCount: this.#visitors[0]!.ledger.count,
      seconds: Math.round(performance.now() - this.#startedAtMs) / 1000,
    }
  }

  /** Each visitor's session must have wandered over all nodes before one of them is killed. */
  async #everybodySeesAll(): Promise<void> {
    const { names } = this.#components.supervisor
    while (this.#leastNodesSeen() < names.length) await this.tally.further(this.#visitors.length)
  }

  #leastNodesSeen(): number {
    return Math.min(...this.#visitors.map(({ nodesSeen }) => nodesSeen.size))
  }

  /** Waits until everybody was answered some more, then says how it stands. */
  async #step(what: string): Promise<void> {
    await this.tally.further(this.#answersPerStep)
    this.#print(what)
  }

  async #kill(name: string): Promise<void> {
    const { supervisor } = this.#components
    const noticed = this.#othersNotice(name)
    const killedAtMs = performance.now()
    this.#killed.add(name)
    await supervisor.act('kill', name)
    await noticed
    this.#detectedGoneMs = Math.round(performance.now() - killedAtMs)
    await this.#step(`kill -9 ${name}: the others noticed after ${this.#detectedGoneMs} ms`)
  }

  /** Resolves when every other node has reported that `gone` is gone. */
  #othersNotice(gone: string): Promise<void> {
    const { supervisor } = this.#components
    const waitingFor = new Set(supervisor.names.filter(name => name !== gone))
    return new Promise(resolve => {
      const report = (node: string, member: string) => {
        if (member === gone) waitingFor.delete(node)
        if (waitingFor.size > 0) return
        supervisor.off('memberDisappeared', report)
        resolve()
      }
      supervisor.on('memberDisappeared', report)
    })
  }

  async #start(name: string): Promise<void> {
    await this.#components.supervisor.act('start', name)
    this.#killed.delete(name)
    this.#restarts++
  }

  async #restart(name: string): Promise<void> {
    await this.#components.supervisor.act('stop', name)
    await this.#start(name)
    await this.#step(`rolling restart: ${name} stopped gracefully and back`)
  }

  async #logOut(visitors: readonly Visitor[]): Promise<void> {
    await Promise.all(visitors.map(visitor => visitor.rest()))
    await Promise.all(visitors.map(visitor => visitor.logOut()))
    await Promise.all(visitors.map(visitor => visitor.verifyLoggedOut(this.#nodeSites())))
    this.#print(`${visitors.length} visitors logged out`)
  }

  /** Everybody rests, and every node is asked for every session: the living must be the same everywhere, those logged out nowhere. */
  async #verify(early: readonly Visitor[], late: readonly Visitor[]): Promise<void> {
    const present = this.#visitors.filter(visitor => !early.includes(visitor) && !late.includes(visitor))
    const sites = this.#nodeSites()
    await Promise.all(present.map(visitor => visitor.rest()))
    await Promise.all(present.map(visitor => visitor.verifyAt(sites)))
    await Promise.all(early.map(visitor => visitor.verifyLoggedOut(sites)))
    this.#print(`${present.length} sessions and ${early.length + late.length} logouts verified on each node`)
  }

  #nodeSites(): Site[] {
    const { supervisor } = this.#components
    const ports = supervisor.names.map(name => supervisor.portOf(name))
    return ports.filter(port => port !== undefined).map(port => ({ host: '127.0.0.1', port }))
  }

  #print(what: string): void {
    const { requests, failedOnKilledNode, troubleCount } = this.tally
    const seconds = ((performance.now() - this.#startedAtMs) / 1000).toFixed(1).padStart(5)
    this.#components.print(
      `${seconds} s  ${what}; ${requests} requests, ${failedOnKilledNode} failed with the killed node, ${troubleCount} troubles`,
    )
  }
}
