import type { DeltaManagerOptions } from '@clowder/ha'
import { Ledger } from './ledger.js'
import type { Program } from './operation.js'
import { PostOffice } from './post-office.js'
import { Requests } from './requests.js'
import { staleClaims } from './stale-claims.js'
import type { Move, Step } from './step.js'
import { tornRenamings } from './torn-renamings.js'
import { type Probed, WorldNode } from './world-node.js'

/** Timers set for no longer than this may fire at any point of a world; the others wait for its end. */
const SHORT_TIMER_MS = 20
/** Idle limit of the sessions of which uses are told: short, so that they are told every other second. */
const IDLE_LIMIT_SECONDS = 40
/** A cluster in which sessions expire is used for so long: with the longest world after it, less than the idle limit. */
const GOOD_FOR_MS = 25_000
/** One in which none does, before its table slows it down. */
const UNLIMITED_GOOD_FOR_MS = 60_000
/** Questions about gaps are asked and answered in this time. */
const ANSWERED_WITHIN_MS = 100
const TICK_MS = 1_000
/** A world lasts less than this when nothing has to be repaired, and no tick may come in the middle of it. */
const ROOM_MS = 400
/** Between the session's creation and what is done to it: more than the clocks differ, so that their difference matters. */
const QUIET_MS = 100

export interface WorldOptions {
  readonly nodes: number
  /** How far each node's wall clock is ahead, ms. */
  readonly skewsMs: readonly number[]
  readonly manager?: Partial<DeltaManagerOptions>
  /** True: sessions have an idle limit, and uses are told to the other nodes. @default true */
  readonly tellsUses?: boolean
}

/**
 * Real managers between which nothing happens by itself: no message arrives and no time passes unless it is chosen. A cluster is good for many worlds, one after
 * the other, each about a session of its own.
 */
export class World {
  readonly nodes: readonly WorldNode[]
  readonly tellsUses: boolean
  ledger: Ledger
  requests: Requests
  readonly #post: PostOffice
  readonly #goodForMs: number
  /** Nothing has gone wrong in this world so far. */
  #isUndisturbed = true
  #noticed: string[] = []

  private constructor({ nodes, skewsMs, tellsUses = true, manager = {} }: WorldOptions) {
    const options = { maxInactiveInterval: tellsUses ? IDLE_LIMIT_SECONDS : -1, ...manager }
    this.tellsUses = tellsUses
    this.#goodForMs = tellsUses ? GOOD_FOR_MS : UNLIMITED_GOOD_FOR_MS
    this.nodes = Array.from({ length: nodes }, (_, i) => new WorldNode(i, skewsMs[i] ?? 0, options))
    this.ledger = new Ledger(nodes)
    this.requests = new Requests(this, { operations: [], isFresh: false })
    this.#post = new PostOffice(this.nodes, this.ledger)
  }

  /** Nodes that have started, know each other and have joined. */
  static async start(options: WorldOptions): Promise<World> {
    const world = new World(options)
    const { nodes } = world
    for (const { manager } of nodes) {
      manager.start()
      await manager.join()
    }
    for (const node of nodes) for (const other of nodes) if (other !== node) node.channel.meets(other.member)
    world.#post.deliverAll()
    return world
  }

  /** Sessions of earlier worlds are about to expire, and that must not happen in the middle of another. */
  get isOld(): boolean {
    return this.nodes.some(({ clock }) => clock.now() > this.#goodForMs)
  }

  /** A world of its own about a new session. Everything of the one before is over. */
  begin(program: Program): void {
    this.#align()
    this.ledger = new Ledger(this.nodes.length)
    this.requests = new Requests(this, program)
    this.#post.begin(this.ledger)
    this.#isUndisturbed = true
    this.#noticed = []
    for (const node of this.nodes) node.forget()
    if (!program.isFresh) this.#create()
    this.#post.deliverAll()
    for (const { clock } of this.nodes) clock.advanceTo(clock.now() + QUIET_MS)
    this.#post.beginStep(-1)
  }

  /** Everything that could happen now. */
  enabled(): Step[] {
    const steps = this.requests.enabled()
    for (const [node, { clock }] of this.nodes.entries()) {
      steps.push(...this.#post.arrivals(node))
      if (clock.dueAtMs(SHORT_TIMER_MS) !== undefined) steps.push({ kind: 'timer', node })
    }
    return steps
  }

  /** Returns how many messages the step sent. */
  perform({ step, fault }: Move): number {
    this.#post.beginStep(this.#post.step + 1, fault)
    this.#do(step)
    this.nodes[step.node]!.clock.endTurn()
    this.#post.fault = undefined
    this.#isUndisturbed &&= !fault
    this.#lookAt(step.node)
    return this.#post.sent
  }

  /** Whether nothing is left to happen. What would also have happened without its fault is not a world of its own. */
  get isComplete(): boolean {
    return !this.#post.isDelayVoid && this.enabled().length === 0
  }

  /** Whether a message was lost since the world began. */
  get hasLost(): boolean {
    return this.#post.hasLost
  }

  /** What must not happen and was noticed on the way. */
  violations(): readonly string[] {
    return [...this.requests.violations, ...this.#post.errors, ...this.#noticed]
  }

  /** All that is under way arrives, gaps are asked for and filled; no tick has come yet. */
  comeToRest(): void {
    this.#post.release()
    this.advance(ANSWERED_WITHIN_MS)
  }

  /** Time passes alike for all nodes, and what is sent arrives at once. */
  advance(ms: number): void {
    this.#post.deliverAll()
    for (let leftMs = ms; leftMs > 0; ) {
      const dueMs = this.nodes.map(({ clock }) => (clock.dueAtMs() ?? Number.POSITIVE_INFINITY) - clock.now())
      const stepMs = Math.max(0, Math.min(leftMs, ...dueMs))
      for (const { clock } of this.nodes) clock.advanceTo(clock.now() + stepMs)
      this.#post.deliverAll()
      leftMs -= stepMs
    }
  }

  probe(node: number, id: string): Probed | undefined {
    return this.nodes[node]!.probe(id, this.#post.wireName)
  }

  #do(step: Step): void {
    switch (step.kind) {
      case 'create':
        return this.#create()
      case 'begin':
        return this.requests.begin(step.operation)
      case 'commit':
        return this.requests.commit(step.operation, writes => this.#committing(writes))
      case 'deliver':
        return this.#post.deliver(step.from, step.node)
      case 'deliver-aside':
        return this.#post.deliverAside(step.from, step.node)
      case 'timer':
        return this.#fireTimer(step.node)
    }
  }

  /** What must hold at every moment. To look up a session is to use it, so this is not done where uses are what is looked at. */
  #lookAt(index: number): void {
    const { ledger, requests } = this
    const node = this.nodes[index]!
    if (this.#isUndisturbed && this.nodes.length === 2) this.#noticed.push(...tornRenamings(ledger, node))
    if (!this.tellsUses) this.#noticed.push(...staleClaims(ledger, node, index, requests.answers))
  }

  #create(): void {
    this.requests.create(writes => this.#committing(writes))
  }

  #committing(writes: ReadonlySet<number>): void {
    this.#post.committed = writes
  }

  #fireTimer(node: number): void {
    const { clock } = this.nodes[node]!
    clock.advanceTo(clock.dueAtMs(SHORT_TIMER_MS)!)
  }

  /** All clocks to one moment, with room for a world before the next tick. */
  #align(): void {
    const latestMs = Math.max(...this.nodes.map(({ clock }) => clock.now()))
    const phaseMs = latestMs % TICK_MS
    const nextMs = latestMs - phaseMs + beginningAt(phaseMs)
    for (const { clock } of this.nodes) {
      clock.advanceTo(nextMs)
      this.#post.deliverAll()
    }
  }
}

/** The next place in a second, from this one on, that has room behind it before any node's tick. Ticks are at the full second of each node's wall clock. */
function beginningAt(phaseMs: number): number {
  if (phaseMs < QUIET_MS) return QUIET_MS
  return phaseMs < TICK_MS - QUIET_MS - ROOM_MS ? phaseMs : TICK_MS + QUIET_MS
}
