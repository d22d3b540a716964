import type session from 'express-session'
import { type SuiteHandler, type SuiteOptions, SuiteServer, type Visitor } from './suite-server.js'
import type { SuiteSite } from './suite-sites.js'

/** One thing that express-session's own suite looks at. */
export interface SuiteCase {
  readonly title: string
  /** True: about express-session and its store, which a middleware of another make does not have. */
  readonly isOfStores?: boolean
  run(suite: Suite): Promise<void>
}

/** What a case has to work with. Sessions of the cases before it are gone. */
export class Suite {
  readonly site: SuiteSite
  readonly #servers: SuiteServer[] = []

  constructor(site: SuiteSite) {
    this.site = site
  }

  /** An application with these options, on every node. `setup` comes before the middleware. */
  async serve(options: SuiteOptions = {}, respond: SuiteHandler = end, setup?: SuiteHandler): Promise<SuiteServer> {
    const server = new SuiteServer(this.site, options, respond, setup)
    this.#servers.push(server)
    await server.listen()
    return server
  }

  /** A browser at an application with these options. */
  async visit(options: SuiteOptions = {}, respond: SuiteHandler = end, setup?: SuiteHandler): Promise<Visitor> {
    return (await this.serve(options, respond, setup)).visitor()
  }

  /** How many sessions there are. */
  length(): Promise<number> {
    return this.ask<number>('length')
  }

  /** What the store has of a session; undefined: nothing. */
  get(id: string): Promise<session.SessionData | undefined> {
    return this.ask('get', id)
  }

  async set(id: string, data: object): Promise<void> {
    await this.ask('set', id, data)
    await this.site.settled()
  }

  async clear(): Promise<void> {
    await this.ask('clear')
    await this.site.settled()
  }

  /** How many writes `work` makes. */
  async writesOf(work: () => Promise<unknown>): Promise<number> {
    const before = this.site.writes()
    await work()
    return this.site.writes() - before
  }

  close(): void {
    for (const server of this.#servers) server.close()
  }

  ask<T>(verb: string, ...given: readonly unknown[]): Promise<T> {
    const store = this.site.store()
    return new Promise((resolve, reject) => {
      const method = Reflect.get(store, verb) as (...given: unknown[]) => unknown
      method.call(store, ...given, (error: unknown, value: T) => (error ? reject(error) : resolve(value)))
    })
  }
}

export const end: SuiteHandler = (_, res) => void res.end()

/** Counts its requests in `count`. */
export const count: SuiteHandler = (req, res) => {
  req.session.count = Number(req.session.count ?? 0) + 1
  res.end(String(req.session.count))
}

/** Stores the same thing again and again. */
export const bob: SuiteHandler = (req, res) => {
  req.session.user = 'bob'
  res.end()
}

/** Waits for the next second, in which Expires says something else. */
export const A_SECOND_MS = 1_200
