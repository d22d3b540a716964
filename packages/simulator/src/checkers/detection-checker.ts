import type { FaultEvent, HistoryEvent, ProcessEvent, ViewEvent } from '../history/history-event.js'
import type { Interference } from './interference.js'
import type { Process, Timeline } from './timeline.js'
import { type Checker, Findings, type Violation } from './violation.js'

export interface DetectionComponents {
  readonly timeline: Timeline
  readonly interference: Interference
}

export interface DetectionOptions {
  /** So long after a process has fallen silent nobody has it in his view any more: `dropTime`, and what was on its way, ms. @default Infinity: on a machine that others use as well nobody knows */
  readonly silentMs: number
  /** The same of one that was killed, whose machine says so to whoever asks, where nothing has come between those that run, ms. @default Infinity */
  readonly killedMs: number
  /** The same of one that nothing passes to, or from, though others hear it: a third of `dropTime` more, and a second until it is asked, ms. @default Infinity */
  readonly unreachableMs: number
}

/** Nodes whose timeouts are set otherwise than usual. */
const OTHER_TIMEOUTS = 'F44'
/** Whoever stood still so shortly before grants the others more time, ms. */
const UNWELL_MS = 15_000

/** Who takes nothing from its sockets. */
const NOT_READING = 'F31'
/** So long before the end of a process nothing had come between those that run, ms. */
const WHOLE_MS = 3_000
/** What was said before a silence may be on its way for so long, ms. */
const ON_ITS_WAY_MS = 500
/** Who has dropped another waits so long for its last word to leave, behind all that it has said before, ms. */
const LEAVES_WITHIN_MS = 1_000

/** A process from which nothing comes. */
interface Silence {
  readonly at: number
  /** When the last of what it had said arrives. */
  readonly lastWordsAt: number
  /** When the last of what it had said was read, by somebody who had been held up or out of its reach. */
  readonly readAt: number
}

/** A time in which everything is slow. */
interface Slowness {
  readonly backlogMs: number
  readonly endedAt: number
}

/** A cut between nodes, in one direction at least. */
interface Cut {
  readonly at: number
  readonly pairs: readonly (readonly [string, string])[]
}

/**
 * I8. Who is not there, or cannot be talked to, is no member for long.
 *
 * Claims: some time after a process was killed without a word, or stopped in its tracks, no other that runs has it in its view, unless it is back; nor does either
 * of two have the other, when in one direction nothing has passed between them for some time. Whoever has stood still itself of late is excused, and with it who is not heard by it and
 * relies on it to notice that. And whoever read nothing
 * when the other fell silent, or was cut off from it then, hears its last words as late as it goes on, or as the cut ends, and vouches for it: the time counts from then; so it does for two
 * that are out of each other's reach.
 * Of such two the one that is not heard is told when the other drops it: where that word falls into another cut, or the interface of one of them is down, or their connection was
 * silenced or reset in the midst of the cut, the time counts from when that was said. On a slow network that word may wait behind so much that it never leaves, and what was said before goes on
 * arriving, which sounds like an answer: there the time counts from when the last of that can arrive.
 */
export class DetectionChecker implements Checker {
  readonly figures = { silencesChecked: 0, killsChecked: 0, cutsChecked: 0 }
  readonly #components: DetectionComponents
  readonly #options: DetectionOptions
  readonly #findings = new Findings('I8')
  readonly #views = new Map<Process, readonly string[]>()
  /** By name. */
  readonly #silences = new Map<string, Silence>()
  /** By name, those that were killed and have not been looked for yet: when. */
  readonly #killed = new Map<string, number>()
  /** Who reads nothing, by its incarnation or the fault, and since when. */
  readonly #heldUp = new Map<string, number>()
  readonly #cuts = new Map<string, Cut>()
  /** By the fault: whose interfaces are down. */
  readonly #offline = new Map<string, readonly string[]>()
  /** By the fault. */
  readonly #slowness = new Map<string, Slowness>()
  /** By node, or two in either order: when its connections, or theirs, were silenced or reset. */
  readonly #silencedAt = new Map<string, number>()
  /** By who said it and to whom: when somebody last told another that it has dropped it, and nothing passed that way. */
  readonly #unheardAt = new Map<string, number>()
  /** The faults by which somebody reads nothing now. */
  readonly #notReading = new Set<string>()
  /** When somebody who had read nothing for a while last read again. */
  #readAgainAt = Number.NEGATIVE_INFINITY

  constructor(components: DetectionComponents, options: Partial<DetectionOptions> = {}) {
    this.#components = components
    this.#options = {
      silentMs: Number.POSITIVE_INFINITY,
      killedMs: Number.POSITIVE_INFINITY,
      unreachableMs: Number.POSITIVE_INFINITY,
      ...options,
    }
  }

  see(event: HistoryEvent): void {
    this.#checkKilled(event.at)
    this.#checkSilent(event.at)
    if (event.kind === 'view') this.#seeView(event)
    else if (event.kind === 'process') this.#seeProcess(event)
    else if (event.kind === 'fault') this.#seeFault(event)
    else if (event.kind === 'phase' && event.phase === 'healed') this.#healed(event.at)
  }

  finish(): readonly Violation[] {
    return this.#findings.all
  }

  #seeView({ at, node, incarnation, members }: ViewEvent): void {
    const process = this.#components.timeline.process(incarnation)
    if (!process) return
    const backlogMs = this.#backlogMs(at)
    for (const name of this.#views.get(process) ?? [])
      if (!members.includes(name) && (backlogMs > 0 || this.#cannotTell(node, name)))
        this.#unheardAt.set(`${node} ${name}`, at + backlogMs)
    this.#views.set(process, members)
  }

  /** For how long what was said before still arrives, and the last word may not. */
  #backlogMs(nowMs: number): number {
    const slow = [...this.#slowness.values()].filter(({ backlogMs, endedAt }) => nowMs < endedAt + backlogMs)
    return slow.length === 0 ? 0 : LEAVES_WITHIN_MS + Math.max(...slow.map(({ backlogMs }) => backlogMs))
  }

  #cannotTell(node: string, name: string): boolean {
    for (const nodes of this.#offline.values()) if (nodes.includes(node) || nodes.includes(name)) return true
    const silenced = [node, name, `${node} ${name}`].map(who => this.#silencedAt.get(who) ?? 0)
    const silencedAt = Math.max(...silenced)
    const isHere = ([from, to]: readonly [string, string]) => from === node && to === name
    const isBack = ([from, to]: readonly [string, string]) => from === name && to === node
    return [...this.#cuts.values()].some(
      // While nothing passes one way there is no new connection in the place of one that was silenced.
      ({ at, pairs }) => pairs.some(isHere) || (at <= silencedAt && pairs.some(isBack)),
    )
  }

  #seeProcess({ at, node, incarnation, what, ...event }: ProcessEvent): void {
    // What was to have arrived before waits for somebody who reads nothing, or in a cut.
    const lastWordsAt = Math.max(at, event.lastWordsAt ?? at)
    if (what === 'kill' || what === 'off' || what === 'pause')
      this.#silences.set(node, { at, lastWordsAt, readAt: lastWordsAt })
    else if (what === 'start' || what === 'resume') this.#silences.delete(node)
    if (what === 'kill') this.#killed.set(node, at)
    else this.#killed.delete(node)
    if (what === 'pause' || what === 'stall') this.#heldUp.set(incarnation, at)
    else if (what === 'resume') this.#goesOn(incarnation, at)
  }

  #seeFault(event: FaultEvent): void {
    if (event.cuts) this.#seeCut(event, event.cuts)
    if (event.isOver) this.#offline.delete(event.what)
    else if (event.offline) this.#offline.set(event.what, event.offline)
    if (!event.isOver) this.#seeSilenced(event)
    this.#seeSlowness(event)
    if (event.fault !== NOT_READING) return
    if (event.isOver) this.#readsAgain(event)
    else this.#readsNothing(event)
  }

  #seeSilenced({ at, silenced = [], resets = [] }: FaultEvent): void {
    const pairs = resets.flatMap(([one, other]) => [`${one} ${other}`, `${other} ${one}`])
    for (const who of [...silenced, ...pairs]) this.#silencedAt.set(who, at)
  }

  /** What is on its way when it ends still arrives as slowly. */
  #seeSlowness({ what, at, isOver, backlogMs }: FaultEvent): void {
    if (backlogMs !== undefined)
      this.#slowness.set(what, { backlogMs, endedAt: isOver ? at : Number.POSITIVE_INFINITY })
  }

  #readsNothing({ what, at }: FaultEvent): void {
    this.#heldUp.set(what, at)
    this.#notReading.add(what)
  }

  #readsAgain({ what, at }: FaultEvent): void {
    this.#readAgainAt = at
    this.#notReading.delete(what)
    this.#goesOn(what, at)
  }

  /** Reads now what has come meanwhile. */
  #goesOn(who: string, nowMs: number): void {
    const since = this.#heldUp.get(who)
    this.#heldUp.delete(who)
    if (since === undefined) return
    for (const name of this.#silences.keys()) this.#lastWordsRead(name, since, nowMs)
  }

  /** By somebody who had heard nothing of it since `since`. */
  #lastWordsRead(name: string, since: number, nowMs: number): void {
    const silence = this.#silences.get(name)
    if (!silence || since >= silence.lastWordsAt + ON_ITS_WAY_MS) return
    this.#silences.set(name, { ...silence, readAt: Math.max(silence.readAt, nowMs) })
  }

  /** Its connections are closed, and nobody listens there any more. */
  #checkKilled(nowMs: number): void {
    const { interference, timeline } = this.#components
    for (const [name, at] of this.#killed) {
      if (nowMs - at < this.#options.killedMs) continue
      this.#killed.delete(name)
      if (interference.hasBeenSince(at - WHOLE_MS)) continue
      this.figures.killsChecked++
      for (const observer of timeline.live())
        if (observer.node !== name && observer.startedAt < at - WHOLE_MS)
          this.#look(observer, name, at, 'was killed, and has been silent')
    }
  }

  #checkSilent(nowMs: number): void {
    for (const [name, { at, readAt }] of this.#silences) {
      if (nowMs - readAt < this.#options.silentMs) continue
      this.#silences.delete(name)
      this.figures.silencesChecked++
      for (const observer of this.#components.timeline.live())
        if (observer.node !== name) this.#look(observer, name, at, 'has been silent')
    }
  }

  #seeCut({ at, what, isOver }: FaultEvent, pairs: Cut['pairs']): void {
    const cut = this.#cuts.get(what)
    if (!isOver) this.#cuts.set(what, { at, pairs })
    else if (cut) {
      this.#cuts.delete(what)
      this.#cutEnds(cut, at)
    }
  }

  #healed(at: number): void {
    for (const cut of this.#cuts.values()) this.#cutEnds(cut, at)
    this.#cuts.clear()
  }

  /** What was sent into it is sent again by the sender's machine, whatever has become of the process. */
  #cutEnds(cut: Cut, nowMs: number): void {
    for (const [from] of cut.pairs) this.#lastWordsRead(from, cut.at, nowMs)
    this.#checkCut(cut, nowMs)
  }

  #checkCut({ at, pairs }: Cut, nowMs: number): void {
    // Whoever read nothing meanwhile was in no state to be asked, or to hear that he is.
    if (this.#notReading.size > 0 || nowMs - Math.max(at, this.#readAgainAt) < this.#options.unreachableMs) return
    for (const pair of pairs) {
      if (nowMs - this.#bothThereSince(pair) < this.#options.unreachableMs) continue
      const deaf = this.#components.timeline.processOf(pair[1])
      if (deaf && this.#hasStoodStill(deaf, at)) continue
      for (const [one, other] of [pair, [pair[1], pair[0]]] as const) {
        const observer = this.#components.timeline.processOf(one)
        const unheardAt = this.#unheardAt.get(`${other} ${one}`) ?? Number.NEGATIVE_INFINITY
        if (one === pair[0] && nowMs - unheardAt < this.#options.unreachableMs) continue
        this.figures.cutsChecked++
        if (observer && !observer.ended) this.#look(observer, other, at, 'has been out of reach')
      }
    }
  }

  /** Before that the other one's former process was silent, which is another claim. */
  #bothThereSince(pair: readonly [string, string]): number {
    const processes = pair.map(name => this.#components.timeline.processOf(name))
    return Math.max(...processes.map(process => process?.startedAt ?? Number.NEGATIVE_INFINITY))
  }

  #look(observer: Process, name: string, since: number, how: string): void {
    const { timeline } = this.#components
    if (!this.#views.get(observer)?.includes(name) || timeline.faultClasses.has(OTHER_TIMEOUTS)) return
    if (observer.stoppingAt !== undefined || this.#hasStoodStill(observer, since)) return
    this.#findings.add(timeline.nowMs, `${observer.node} still has ${name} in its view, which ${how} since ${since}`, [
      observer.node,
      name,
    ])
  }

  #hasStoodStill(process: Process, since: number): boolean {
    const { interference, timeline } = this.#components
    return interference.stoodStillMs(process, since - UNWELL_MS, timeline.nowMs) > 0
  }
}
