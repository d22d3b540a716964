import { Client, type Site } from './client.js'
import type { CookieJar } from './cookie-jar.js'
import { type Finding, Ledger } from './ledger.js'
import type { SessionView } from './session-view.js'
import type { Tally } from './tally.js'

const ITEMS = ['apples', 'bread', 'cheese', 'dates', 'eggs']

export interface VisitorComponents {
  readonly site: Site
  readonly tally: Tally
  /** Whether the node's open connections broke because it was killed. */
  isKilled(node: string): boolean
}

/** One user with one browser: asks, waits for the answer, checks it, asks again. */
export class Visitor {
  readonly name: string
  readonly nodesSeen = new Set<string>()
  readonly ledger = new Ledger()
  readonly #components: VisitorComponents
  readonly #client: Client
  #rounds = 0
  #isLeaving = false
  #ended: { readonly id: string | undefined; readonly jar: CookieJar } | undefined
  #walking: Promise<void> = Promise.resolve()

  constructor(name: string, components: VisitorComponents) {
    this.name = name
    this.#components = components
    this.#client = new Client(components.site)
  }

  walk(): void {
    this.#walking = this.#walk()
  }

  /** Resolves when the last answer has been checked. */
  async rest(): Promise<void> {
    this.#isLeaving = true
    await this.#walking
  }

  close(): void {
    this.#client.close()
  }

  /** Ends the session. From now on its cookie must be worth nothing anywhere. */
  async logOut(): Promise<void> {
    const { tally } = this.#components
    this.#ended = { id: this.ledger.id, jar: this.#client.jar.copy() }
    const reply = await this.#client.send('POST', '/logout')
    if (reply.kind === 'failed') return tally.failed(this.name, reply.reason, false)
    tally.answered()
    tally.logouts++
    this.#check(this.ledger.seen(reply.view), reply.view)
  }

  /** Tries the cookie from before the logout at each of `sites`. */
  async verifyLoggedOut(sites: readonly Site[]): Promise<void> {
    if (!this.#ended) return
    const { id, jar } = this.#ended
    for (const site of sites) {
      const view = await this.#viewAt(site, jar)
      if (view && (view.id === id || view.count > 0)) return this.#components.tally.logoutUndone(this.name, view.node)
    }
  }

  /** Asks each of `sites` itself: all must hold what this user has put there. */
  async verifyAt(sites: readonly Site[]): Promise<void> {
    for (const site of sites) {
      const view = await this.#viewAt(site, this.#client.jar)
      if (view) this.#check(this.ledger.seen(view), view)
    }
  }

  async #walk(): Promise<void> {
    while (!this.#isLeaving) await this.#round()
  }

  async #round(): Promise<void> {
    const { tally, isKilled } = this.#components
    const quantity = ++this.#rounds
    const item = ITEMS[quantity % ITEMS.length]!
    const reply = await this.#client.send('POST', `/cart/${item}?count&quantity=${quantity}`)
    if (reply.kind === 'failed') {
      this.ledger.failed(item, quantity)
      tally.failed(this.name, reply.reason, reply.node !== undefined && isKilled(reply.node))
      return
    }
    tally.answered()
    this.#check(this.ledger.counted(item, quantity, reply.view), reply.view)
  }

  #check(findings: readonly Finding[], { node, id }: SessionView): void {
    this.nodesSeen.add(node)
    this.#components.tally.sessions.add(id)
    this.#components.tally.found(this.name, findings)
  }

  async #viewAt(site: Site, jar: CookieJar): Promise<SessionView | undefined> {
    const client = new Client(site, jar.copy())
    const reply = await client.send('GET', '/session')
    client.close()
    if (reply.kind === 'answered') return reply.view
    this.#components.tally.failed(this.name, `port ${site.port}: ${reply.reason}`, false)
    return undefined
  }
}
