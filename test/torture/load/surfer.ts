import { setTimeout as delay } from 'node:timers/promises'
import type { Dice } from '../schedule/dice.js'
import type { Balancer } from './balancer.js'
import type { Action, Browser, Cookie, PageAnswer } from './browser.js'

const NAMES = ['cart', 'step', 'user'] as const
/** Set once, removed once, must not come back. */
const TICKET = 'ticket'
const TRIES = 3

/** What all browsers of a schedule share. */
export interface Surroundings {
  readonly balancer: Balancer
  readonly dice: Dice
  /** A number that was never written before. */
  nextVersion(): number
  /** Called with the cookie of a session that this browser has ended: it must never be good for anything again. */
  buried(cookie: Cookie): void
  /** Cookies that other browsers may pick up: two devices of one person. */
  readonly shared: Cookie[]
}

/** One person with a browser: reads, writes, removes, logs out, and reloads the page elsewhere when a node fails. */
export class Surfer {
  readonly #browser: Browser
  readonly #around: Surroundings
  /** Sessions that it has had: an older cookie of one of them would make its own reads go back. */
  readonly #had = new Set<string>()
  #own: string | undefined

  constructor(browser: Browser, around: Surroundings) {
    this.#browser = browser
    this.#around = around
  }

  /** Until `signal` says so; the request under way is finished. */
  async surf(thinkMs: number, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#visit()
      await delay(this.#around.dice.between(1, thinkMs), undefined, { signal }).catch(() => {})
    }
  }

  async #visit(): Promise<void> {
    this.#maybeBorrow()
    const before = this.#browser.cookie
    const kind = this.#drawKind()
    let failed: string | undefined
    for (let tries = 0; tries < TRIES; tries++) {
      const host = this.#around.balancer.pick(this.#own, failed)
      const answer = await this.#browser.get(host, this.#actionsOf(kind))
      this.#note(kind, answer, before)
      if (answer.outcome === 'ok') this.#own = host.name
      if (answer.outcome !== 'lost' && answer.outcome !== 'refused') return
      failed = host.name
    }
  }

  #drawKind(): Kind {
    const n = this.#around.dice.below(100)
    if (!this.#browser.cookie) return 'open'
    return kinds.find(([below]) => n < below)![1]
  }

  #actionsOf(kind: Kind): Action[] {
    const { dice } = this.#around
    const actions = this.#deeds(kind)
    if (dice.chance(0.1)) actions.splice(dice.below(actions.length + 1), 0, { do: 'wait', ms: dice.between(5, 150) })
    return actions
  }

  #deeds(kind: Kind): Action[] {
    const { dice } = this.#around
    switch (kind) {
      case 'open':
        return [this.#write(TICKET), ...this.#writes(1)]
      case 'read':
        return []
      case 'write':
        return this.#writes(dice.between(1, 2))
      case 'remove':
        return [{ do: 'remove', name: dice.chance(0.5) ? TICKET : dice.pick(NAMES) }]
      case 'logout':
      case 'changeId':
        return [{ do: kind }]
      case 'regenerate':
        return [{ do: 'regenerate' }, ...this.#writes(1)]
    }
  }

  #writes(count: number): Action[] {
    return this.#around.dice
      .shuffled(NAMES)
      .slice(0, count)
      .map(name => this.#write(name))
  }

  #write(name: string): Action {
    return { do: 'write', name, version: this.#around.nextVersion() }
  }

  #note(kind: Kind, answer: PageAnswer, before: Cookie | undefined): void {
    const { shared, dice } = this.#around
    if (answer.outcome !== 'ok') return
    if (answer.session !== undefined) this.#had.add(answer.session)
    if (before && (kind === 'logout' || kind === 'regenerate' || kind === 'changeId')) this.#around.buried(before)
    if (this.#browser.cookie && dice.chance(0.05)) shared.push(this.#browser.cookie)
  }

  /** A second device logs in to the same session: what one writes the other may write at the same time elsewhere. */
  #maybeBorrow(): void {
    const { shared, dice } = this.#around
    if (shared.length === 0 || !dice.chance(0.05)) return
    const [cookie] = shared.splice(dice.below(shared.length), 1)
    if (cookie && !this.#had.has(cookie.session)) this.#browser.cookie = cookie
  }
}

type Kind = 'open' | 'read' | 'write' | 'remove' | 'logout' | 'regenerate' | 'changeId'

/** Below so many of a hundred. */
const kinds: readonly (readonly [number, Kind])[] = [
  [52, 'write'],
  [84, 'read'],
  [92, 'remove'],
  [95, 'logout'],
  [97, 'regenerate'],
  [100, 'changeId'],
]
