import { setMaxListeners } from 'node:events'
import type { HistoryRecorder } from '../history/history-recorder.js'
import type { LabHost } from '../network/lab-network.js'
import { Dice } from '../schedule/dice.js'
import { Balancer } from './balancer.js'
import { Browser, type Cookie } from './browser.js'
import { Graveyard } from './graveyard.js'
import { Surfer } from './surfer.js'

export interface CrowdOptions {
  readonly seed: number
  readonly browsers: number
  readonly stickyShare: number
  readonly thinkMs: number
}

/** All clients of a schedule, behind one balancer. */
export class Crowd {
  readonly balancer: Balancer
  readonly browsers: readonly Browser[]
  readonly #dice: Dice
  readonly #graveyard: Graveyard
  readonly #thinkMs: number
  readonly #shared: Cookie[] = []
  readonly #end = new AbortController()
  #version = 0
  #done: Promise<unknown> | undefined

  constructor(components: { hosts: readonly LabHost[]; history: HistoryRecorder }, options: CrowdOptions) {
    const { hosts, history } = components
    this.#dice = new Dice(options.seed ^ 0x5ca1ab1e)
    this.#thinkMs = options.thinkMs
    this.balancer = new Balancer({ hosts, dice: this.#dice }, options)
    this.browsers = Array.from({ length: options.browsers }, (_, i) => new Browser(`c${i + 1}`, history))
    this.#graveyard = new Graveyard(history)
  }

  start(): void {
    const { signal } = this.#end
    setMaxListeners(0, signal)
    const around = {
      balancer: this.balancer,
      dice: this.#dice,
      nextVersion: () => ++this.#version,
      buried: (cookie: Cookie) => this.#graveyard.bury(cookie),
      shared: this.#shared,
    }
    const surfing = this.browsers.map(browser => new Surfer(browser, around).surf(this.#thinkMs, signal))
    this.#done = Promise.all([...surfing, this.#graveyard.haunt(around, signal)])
  }

  /** Resolves when every request under way has been answered or given up. */
  async stop(): Promise<void> {
    this.#end.abort()
    await this.#done
  }
}
