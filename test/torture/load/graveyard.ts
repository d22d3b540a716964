import { setTimeout as delay } from 'node:timers/promises'
import type { HistoryRecorder } from '../history/history-recorder.js'
import type { Dice } from '../schedule/dice.js'
import type { Balancer } from './balancer.js'
import { type Action, Browser, type Cookie } from './browser.js'

interface Ghost {
  readonly browser: Browser
  readonly cookie: Cookie
}

/** Somebody who kept the cookies of ended sessions and tries them everywhere: each is a client of its own, with what its browser had seen. */
export class Graveyard {
  readonly #history: HistoryRecorder
  readonly #ghosts: Ghost[] = []

  constructor(history: HistoryRecorder) {
    this.#history = history
  }

  bury(cookie: Cookie): void {
    this.#ghosts.push({ browser: new Browser(`ghost-${this.#ghosts.length + 1}`, this.#history), cookie })
  }

  async haunt(around: { balancer: Balancer; dice: Dice; nextVersion(): number }, signal: AbortSignal): Promise<void> {
    const { balancer, dice } = around
    while (!signal.aborted) {
      if (this.#ghosts.length > 0) {
        const { browser, cookie } = dice.pick(this.#ghosts)
        browser.cookie ??= cookie
        const write: Action = { do: 'write', name: 'cart', version: around.nextVersion() }
        await browser.get(balancer.pick(undefined), dice.chance(0.2) ? [write] : [])
      }
      await delay(dice.between(50, 200), undefined, { signal }).catch(() => {})
    }
  }
}
