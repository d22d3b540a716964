import type { Clock, Timer } from '@clowder/tribes'
import { type Answer, responseOf } from '../cluster/answer.js'
import type { ClusterNode } from '../cluster/cluster-node.js'
import { READING_PATH, WRITING_PATH } from '../cluster/process-options.js'
import type { Recorder } from '../cluster/recorder.js'
import { sessionIn } from '../cluster/visit.js'
import type { Dice } from '../faults/dice.js'
import { applicationFor } from './application.js'
import type { Balancer } from './balancer.js'
import type { ClientOptions } from './client-options.js'
import { CHANGES, drawErrand, type Errand, formAgain, lookOnly } from './errand.js'

export interface BrowserComponents {
  readonly clock: Clock
  readonly dice: Dice
  readonly balancer: Balancer
  readonly recorder: Recorder
  readonly numbers: RunNumbers
  /** Hears of every page that may change something, in the turn in which it is asked for. */
  readonly changeAsked: (node: ClusterNode) => void
}

/** What is numbered through in one run. */
export interface RunNumbers {
  request(): number
  version(): number
}

/** A cookie as a browser keeps it. */
export interface HeldCookie {
  readonly value: string
  /** The request whose answer set it. */
  readonly from: number
}

/** Between a browser and a node, one way, ms. */
const TRAVEL_MS = { min: 0.1, max: 1 }
/** Then the client believes that no answer will come, ms. */
const PATIENCE_MS = 10_000
const GENTLE = 3
const MOST_TRIES = 3
const LATEST_GHOSTS = 2
/** Of the pages of ended sessions, so many are forms. */
const FORM_SHARE = 0.4
/** Cookies of ended sessions that a browser still has somewhere: in a history, in another window. */
const MOST_GHOSTS = 6

/** One browser: a cookie, and requests one after the other or several at a time. */
export class Browser {
  cookie: HeldCookie | undefined
  readonly #name: string
  #windows = 1
  readonly #components: BrowserComponents
  readonly #options: ClientOptions
  #open = 0
  readonly #ghosts: HeldCookie[] = []
  #next: Timer | undefined
  #isGentle = false

  constructor(components: BrowserComponents, name: string, options: ClientOptions) {
    this.#components = components
    this.#options = options
    this.#name = name
  }

  /** Of the window that is open now: what one has seen is not what the next one has. */
  get name(): string {
    return this.#windows === 1 ? this.#name : `${this.#name}/${this.#windows}`
  }

  /** Another window opens, with somebody else's session. */
  takeOver(cookie: HeldCookie): void {
    this.#windows++
    this.#ghosts.length = 0
    this.cookie = cookie
  }

  begin(): void {
    this.#thinkThen(() => this.#act())
  }

  /** Fewer requests, one at a time. */
  calmDown(): void {
    this.#isGentle = true
  }

  stop(): void {
    this.#next?.cancel()
  }

  /** A page of a session that it has, or had, is asked of this node: mostly of one that ended lately, perhaps while the node stood still. */
  call(node: ClusterNode): void {
    const { dice } = this.#components
    const latest = this.#ghosts.slice(-LATEST_GHOSTS)
    const cookie = dice.pick([...this.#ghosts, ...latest, ...latest, this.cookie])
    if (cookie) this.#send(node, lookOnly(this.#options), cookie, MOST_TRIES)
  }

  #thinkThen(act: () => void): void {
    const meanMs = (1000 / this.#options.requestsPerSecond) * (this.#isGentle ? GENTLE : 1)
    const { clock, dice } = this.#components
    const { breakShare, breakMs } = this.#options
    const isAway = breakShare > 0 && dice.chance(breakShare)
    this.#next = clock.setTimer(dice.within(isAway ? breakMs : { min: 0, max: 2 * meanMs }), () => {
      act()
      this.#thinkThen(act)
    })
  }

  #act(): void {
    const { maxParallel, burstShare, sameNodeShare, doubleShare, ghostShare } = this.#options
    const { dice, balancer } = this.#components
    if (this.#open >= (this.#isGentle ? 1 : maxParallel)) return
    if (this.#ghosts.length > 0 && dice.chance(ghostShare)) return this.#haunt(dice.pick(this.#ghosts))
    const node = balancer.choose(this.cookie?.value)
    if (!node) return
    const errand = this.#errand()
    this.#send(node, errand, this.cookie)
    if (this.#isGentle || !dice.chance(burstShare)) return
    const second = dice.chance(sameNodeShare) ? node : balancer.choose(undefined, node)
    if (second) this.#send(second, dice.chance(doubleShare) ? errand : this.#errand(), this.cookie)
  }

  #errand(): Errand {
    return drawErrand(this.#components.dice, this.#options)
  }

  /** A page of a session that was ended is shown again, or its form sent again: what is written there must not bring it back. */
  #haunt(ghost: HeldCookie): void {
    const { balancer, dice } = this.#components
    const node = balancer.choose(undefined)
    const errand = dice.chance(FORM_SHARE) ? formAgain(dice, this.#options) : lookOnly(this.#options)
    if (node) this.#send(node, errand, ghost, MOST_TRIES)
  }

  #send(node: ClusterNode, errand: Errand, cookie: HeldCookie | undefined, tries = 1): void {
    const { recorder, numbers } = this.#components
    const request = numbers.request()
    // A page that does not look at its session tells nothing of it.
    const session = errand.kind === 'touch' ? undefined : sessionIn(cookie?.value)
    const cookieFrom = session === undefined ? undefined : cookie!.from
    const { now } = recorder
    recorder.add({ at: now, kind: 'request', request, client: this.name, node: node.name, session, cookieFrom })
    this.#open++
    const exchange = { request, node, errand, cookie, tries }
    const answered = this.#once(answer => this.#answered(exchange, answer))
    this.#travel(() => this.#arrive(exchange, answered))
  }

  #arrive({ node, errand, cookie }: Exchange, answered: (answer: Answer) => void): void {
    const { process } = node
    if (!process?.isReady) return answered({ outcome: 'lost' })
    const application = applicationFor(errand, () => this.#components.numbers.version())
    const path = errand.locks ? WRITING_PATH : READING_PATH
    process.visit(cookie?.value, application, answer => this.#travel(() => answered(answer)), path)
    if (CHANGES.has(errand.kind)) this.#components.changeAsked(node)
  }

  /** The first answer counts; when none comes, that is one too. */
  #once(answered: (answer: Answer) => void): (answer: Answer) => void {
    let isOver = false
    const patience = this.#components.clock.setTimer(PATIENCE_MS, () => once({ outcome: 'lost' }))
    const once = (answer: Answer) => {
      if (isOver) return
      isOver = true
      patience.cancel()
      answered(answer)
    }
    return once
  }

  #answered(exchange: Exchange, answer: Answer): void {
    this.#open--
    const { recorder, dice } = this.#components
    const { cookie } = answer
    recorder.add(responseOf(answer, exchange.request, recorder.now))
    if (exchange.cookie !== undefined && this.#ghosts.includes(exchange.cookie)) return
    if (cookie !== undefined) this.#keep(cookie, exchange)
    if (answer.outcome === 'none' && exchange.cookie === this.cookie && dice.chance(0.3)) this.cookie = undefined
    if (answer.isAbandoned) return
    if (answer.outcome === 'refused' || answer.outcome === 'lost') this.#retry(exchange)
    else this.#follow()
  }

  #keep(value: string | null, { request, cookie }: Exchange): void {
    const isOther = sessionIn(this.cookie?.value) !== sessionIn(value ?? undefined)
    if (isOther && cookie && cookie === this.cookie) this.#remember(cookie)
    this.cookie = value === null ? undefined : { value, from: request }
  }

  #follow(): void {
    const { dice, balancer } = this.#components
    if (this.#isGentle || !dice.chance(this.#options.followShare)) return
    const node = balancer.choose(this.cookie?.value)
    if (node) this.#send(node, this.#errand(), this.cookie)
  }

  #remember(ghost: HeldCookie): void {
    this.#ghosts.push(ghost)
    if (this.#ghosts.length > MOST_GHOSTS) this.#ghosts.splice(this.#components.dice.whole(0, MOST_GHOSTS), 1)
  }

  /** Made by the browser, with the cookie that it has by now. */
  #retry({ node, errand, tries }: Exchange): void {
    const { dice, balancer } = this.#components
    if (tries >= MOST_TRIES || !dice.chance(this.#options.retryShare)) return
    const other = balancer.choose(undefined, node)
    if (other) this.#send(other, errand, this.cookie, tries + 1)
  }

  #travel(arrive: () => void): void {
    const { clock, dice } = this.#components
    clock.setTimer(dice.within(TRAVEL_MS), arrive)
  }
}

interface Exchange {
  readonly request: number
  readonly node: ClusterNode
  readonly errand: Errand
  readonly cookie: HeldCookie | undefined
  readonly tries: number
}
