import session from 'express-session'
import type { Test } from 'tap'
import type { MountOptions } from '../../../src/options/mount-options.js'
import { createTestCluster } from '../../../src/testing/index.js'
import { passingTime } from '../support/store-site.js'
import type { SuiteMiddleware, SuiteOptions } from './suite-server.js'

const MINUTE_MS = 60_000

type Verb = 'get' | 'set' | 'destroy' | 'touch'

/** Where the cases run. */
export interface SuiteSite {
  /** False: a middleware of its own, not express-session with a store. */
  readonly isExpressSession: boolean
  /** One for each node. */
  middlewares(options: SuiteOptions): readonly SuiteMiddleware[]
  cookieName(options: SuiteOptions): string
  /** Of those of the middlewares that were made last, one; of our middleware, a look at the same sessions. */
  store(): session.Store
  next<T>(things: readonly T[]): T
  /** How often a session was written, since the site began. */
  writes(): number
  pass(ms: number): Promise<void>
  settled(): Promise<void>
}

/** As express-session is told when nothing is said. */
function withDefaults(options: SuiteOptions): session.SessionOptions {
  return { secret: 'keyboard cat', cookie: { maxAge: MINUTE_MS }, ...options } as session.SessionOptions
}

abstract class ExpressSessionSite implements SuiteSite {
  readonly isExpressSession = true
  readonly pass: (ms: number) => Promise<void>
  readonly next = turns()
  #stores: readonly session.Store[] = []
  #writes = 0

  constructor(pass: (ms: number) => Promise<void>) {
    this.pass = pass
  }

  protected abstract makeStores(): readonly session.Store[]

  middlewares(options: SuiteOptions): readonly SuiteMiddleware[] {
    this.#stores = this.makeStores().map(store => this.#counted(store))
    return this.#stores.map(store => session({ ...withDefaults(options), store }) as unknown as SuiteMiddleware)
  }

  cookieName({ name, key }: SuiteOptions): string {
    return name ?? key ?? 'connect.sid'
  }

  store(): session.Store {
    return this.next(this.#stores)
  }

  /** From now on this call fails, on every node. */
  break(verb: Verb, error: Error): void {
    for (const store of this.#stores)
      Object.assign(store, { [verb]: (...given: unknown[]) => (given.at(-1) as (error: Error) => void)(error) })
  }

  emit(event: 'connect' | 'disconnect'): void {
    for (const store of this.#stores) store.emit(event)
  }

  writes(): number {
    return this.#writes
  }

  abstract settled(): Promise<void>

  #counted(store: session.Store): session.Store {
    const { set } = store
    store.set = (...given) => {
      this.#writes++
      set.apply(store, given)
    }
    return store
  }
}

class MemorySite extends ExpressSessionSite {
  readonly #memory = new session.MemoryStore()

  constructor(t: Test) {
    const pass = passingTime(t)
    super(async ms => pass(ms))
  }

  /** A new middleware brings a new way to count, not a new memory. */
  protected makeStores(): readonly session.Store[] {
    const memory = this.#memory as session.MemoryStore & { sessions: object }
    const sessions = {
      get: () => memory.sessions,
      set: (value: object) => void Object.assign(memory, { sessions: value }),
    }
    return [Object.create(memory, { sessions }) as session.Store]
  }

  async settled(): Promise<void> {}
}

type TestNodes = Awaited<ReturnType<typeof createTestCluster>>

class ClusterStoreSite extends ExpressSessionSite {
  readonly #cluster: TestNodes

  constructor(t: Test, cluster: TestNodes) {
    super(passingBoth(t, cluster))
    this.#cluster = cluster
  }

  protected makeStores(): readonly session.Store[] {
    return this.#cluster.nodes.map(node => node.store({ acknowledge: 'all' }) as unknown as session.Store)
  }

  async settled(): Promise<void> {
    await this.#cluster.converged()
  }
}

class OwnMiddlewareSite implements SuiteSite {
  readonly isExpressSession = false
  readonly pass: (ms: number) => Promise<void>
  readonly next = turns()
  readonly #cluster: TestNodes

  constructor(t: Test, cluster: TestNodes) {
    this.pass = passingBoth(t, cluster)
    this.#cluster = cluster
  }

  middlewares(options: SuiteOptions): readonly SuiteMiddleware[] {
    return this.#cluster.nodes.map(node => node.express(mountOptions(options)) as unknown as SuiteMiddleware)
  }

  /** What depends on its secret, or shows an id, is looked at in the cookie that is written beside ours. */
  cookieName({ name, key, secret, genid }: SuiteOptions): string {
    return name ?? key ?? (secret || genid ? 'connect.sid' : 'clowder.sid')
  }

  store(): session.Store {
    return this.next(this.#cluster.nodes).store() as unknown as session.Store
  }

  writes(): number {
    return this.#cluster.nodes.reduce((sum, node) => sum + node.manager.inspect().commits.commits, 0)
  }

  async settled(): Promise<void> {
    await this.#cluster.converged()
  }
}

/** The same words, but for what is said elsewhere here, and for the two defaults that differ. */
function mountOptions({ secret, name, key, cookie, proxy, resave: _, ...others }: SuiteOptions): MountOptions {
  const own = name ?? key
  const needsSecret = secret !== undefined || others.genid !== undefined
  return {
    saveUninitialized: true,
    unset: 'keep',
    ...(others as MountOptions),
    ...(proxy === undefined ? {} : { trustProxy: proxy }),
    ...(needsSecret ? { connectSid: { secret: (secret ?? 'keyboard cat') as string, write: true } } : {}),
    cookie: { ...(cookie ?? { maxAge: MINUTE_MS }), ...(own ? { name: own } : {}) },
  }
}

function passingBoth(t: Test, cluster: TestNodes): (ms: number) => Promise<void> {
  const pass = passingTime(t)
  return async ms => {
    pass(ms)
    await cluster.advance(ms)
  }
}

/** One after the other. */
function turns() {
  let turn = 0
  return <T>(things: readonly T[]): T => things[turn++ % things.length]!
}

type SiteMaker = (t: Test) => Promise<SuiteSite>

function clustered(nodes: number, make: new (t: Test, cluster: TestNodes) => SuiteSite): SiteMaker {
  return async t => {
    const cluster = await createTestCluster(nodes, { manager: { acknowledge: 'all' } })
    t.teardown(() => cluster.stop())
    return new make(t, cluster)
  }
}

export const suiteSites: Readonly<Record<string, SiteMaker>> = {
  'express-session with its own memory': async t => new MemorySite(t),
  'express-session with cluster.store(), on one node': clustered(1, ClusterStoreSite),
  'express-session with cluster.store(), each request to the next of three nodes': clustered(3, ClusterStoreSite),
  'cluster.express(), on one node': clustered(1, OwnMiddlewareSite),
  'cluster.express(), each request to the next of three nodes': clustered(3, OwnMiddlewareSite),
}

/** Of a site whose store can be looked at and broken. */
export function expressSession(site: SuiteSite): ExpressSessionSite {
  if (!(site instanceof ExpressSessionSite)) throw new TypeError('this site has no store')
  return site
}
