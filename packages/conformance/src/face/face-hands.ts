import { Agent } from 'node:http'
import type { Dice } from '../dice.js'
import { FaceBrowser } from './face-browser.js'
import type { FaceUnderTest } from './face-under-test.js'
import type { Gates } from './gates.js'

/** The hands of a case: browsers, each request of which goes to any node. */
export class FaceHands {
  readonly gates: Gates
  readonly cookieName: string
  readonly #face: FaceUnderTest
  readonly #dice: Dice
  readonly #agent = new Agent({ keepAlive: true })

  constructor(face: FaceUnderTest, dice: Dice, gates: Gates) {
    this.#face = face
    this.#dice = dice
    this.gates = gates
    this.cookieName = face.cookieName
  }

  browser(agent: Agent = this.#agent): FaceBrowser {
    return new FaceBrowser(() => this.#dice.pick(this.#face.urls), agent)
  }

  /** What the browser would send for the session, without a route; undefined: nothing. */
  cookieOf(browser: FaceBrowser): string | undefined {
    const value = browser.cookies.get(this.cookieName)
    return this.#face.hasRoute && value?.includes('.') ? value.slice(0, value.lastIndexOf('.')) : value
  }

  get hasRoute(): boolean {
    return this.#face.hasRoute ?? false
  }

  async settled(): Promise<void> {
    await this.#face.settled?.()
  }

  async pass(ms: number): Promise<void> {
    if (this.#face.advance) await this.#face.advance(ms)
    else await new Promise(resolve => setTimeout(resolve, ms))
  }

  /** Handlers that still stand somewhere go on, and nothing is left open. */
  close(): void {
    this.gates.open()
    this.#agent.destroy()
  }
}
