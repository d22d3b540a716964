import type { Commit, DeltaManagerOptions, DeltaSession, VersionToken } from '../../src/index.js'
import { coversToken } from '../../src/index.js'
import { isWhole } from '../../src/state/session-state.js'
import { TestNode } from './delta-cluster.js'
import { Dice } from './dice.js'
import { MemoryCluster } from './memory-cluster.js'
import { type Version, WriteHistory } from './write-history.js'

const CLIENTS = 6
const FAULTS_MS = 8_000
const QUIET_MS = 12_000
const NAMES = ['cart', 'step', 'user'] as const
/** Set once and removed once: must not come back. */
const TICKET = 'ticket'

/** How often what was of interest has happened: a schedule in which nothing happens proves nothing. */
export const newCounts = () => ({
  requests: 0,
  writes: 0,
  held: 0,
  degraded: 0,
  stale: 0,
  notFound: 0,
  conflicts: 0,
  pulls: 0,
  gaps: 0,
  statesSent: 0,
  invalidated: 0,
  renamed: 0,
  kills: 0,
  partitions: 0,
  hangs: 0,
  refusals: 0,
  acknowledgedChecked: 0,
  deathsChecked: 0,
})

/** What one client knows of its session. */
interface Client {
  readonly number: number
  id: string | undefined
  token: VersionToken | undefined
  seen: Map<string, Version>
  hasRemovedTicket: boolean
  isBusy: boolean
}

/** Something that was acknowledged as held, and by whom it was held then. */
interface Held<T> {
  readonly what: T
  readonly holders: readonly TestNode[]
}

/**
 * A whole cluster with its clients and its faults, from one seed. First anything may fail; then everything heals, and what was promised must hold:
 * equal bytes everywhere, no acknowledged write lost while one of its holders lives, logouts final, and all along: read your writes or be told.
 */
export class RandomSchedule {
  readonly violations: string[] = []
  readonly counts = newCounts()
  readonly #cluster: MemoryCluster
  readonly #dice: Dice
  readonly #options: Partial<DeltaManagerOptions>
  readonly #history = new WriteHistory()
  readonly #clients: Client[]
  readonly #ids = new Set<string>()
  readonly #heldWrites: Held<Version>[] = []
  readonly #heldDeaths: Held<string>[] = []
  readonly #heldRemovals: Held<string>[] = []
  readonly #deadOn = new Map<TestNode, Set<string>>()
  readonly #gone: TestNode[] = []
  #nodes: TestNode[]
  #isQuiet = false

  constructor(seed: number) {
    this.#dice = new Dice(seed)
    this.#cluster = new MemoryCluster(this.#dice.below(2 ** 32))
    this.#options = { acknowledge: this.#dice.pick(['backup', 'backup', 'all'] as const) }
    const isFarAhead = this.#dice.chance(0.1)
    const names = ['a', 'b', 'c', 'd', 'e'].slice(0, this.#dice.between(3, 5))
    this.#nodes = names.map((name, i) => this.#newNode(name, isFarAhead && i === 0 ? 3e11 : undefined))
    this.#clients = Array.from({ length: CLIENTS }, (_, number) => newClient(number))
  }

  async run(): Promise<void> {
    const { time } = this.#cluster
    for (const node of this.#nodes) await node.up()
    await time.advance(10)
    await time.until(Promise.all(this.#nodes.map(node => node.manager.join())))
    this.#roughen()
    for (const client of this.#clients) this.#later(100, () => this.#request(client))
    this.#later(500, () => this.#fault())
    await time.advance(FAULTS_MS)
    this.#heal()
    await time.advance(QUIET_MS)
    this.#checkEnd()
    this.#sumUp()
  }

  // Clients

  async #request(client: Client): Promise<void> {
    if (this.#isQuiet) return
    const node = this.#dice.pick(this.#nodes)
    if (node.channel.isUp && node.channel.isResponding) {
      this.counts.requests++
      client.isBusy = true
      const session = await this.#sessionFor(client, node)
      if (session && this.#dice.chance(0.2)) await this.#pause(this.#dice.below(150))
      if (session && node.channel.isUp) this.#act(client, node, session)
    }
    client.isBusy = false
    this.#later(this.#dice.between(1, 150), () => this.#request(client))
  }

  /** As a valve does it: what is at hand, else after asking the others; a new one when there is none. */
  async #sessionFor(client: Client, node: TestNode): Promise<DeltaSession | undefined> {
    const { id, token } = client
    if (id === undefined) return node.manager.createSession()
    const found = node.manager.findSession(id, token)
    if (found.kind === 'here') return this.#checked(client, node, found.session)
    if (found.kind === 'dead') {
      this.#noteDead(node, id)
      return this.#forgets(client)
    }
    const loaded = await node.manager.loadSession(id, token)
    if (!node.channel.isUp || client.id !== id) return undefined
    if (loaded.kind === 'none') {
      this.counts.notFound++
      if (this.#dice.chance(0.3)) this.#forgets(client)
      return undefined
    }
    if (!loaded.stale) return this.#checked(client, node, loaded.session)
    this.counts.stale++
    if (this.#dice.chance(0.5)) return undefined
    // The client was told, and goes on with what there is.
    client.seen.clear()
    client.hasRemovedTicket = false
    return loaded.session
  }

  #forgets(client: Client): undefined {
    Object.assign(client, { ...newClient(client.number), isBusy: client.isBusy })
    return undefined
  }

  /** Not flagged as stale: so it must include all that this client has seen. */
  #checked(client: Client, node: TestNode, session: DeltaSession): DeltaSession {
    if (this.#deadOn.get(node)?.has(session.id))
      this.#violated(`${node.channel.name} serves a session that it knew to be dead`)
    for (const [name, seen] of client.seen) {
      const read = this.#history.get(session.getAttribute(name))
      if (this.#history.isBefore(read, seen))
        this.#violated(`a client read ${name} older than what it had seen, unflagged`)
    }
    if (client.hasRemovedTicket && session.getAttribute(TICKET) !== undefined)
      this.#violated('a removal was undone for its own client')
    return session
  }

  #act(client: Client, node: TestNode, session: DeltaSession): void {
    const what = this.#dice.below(100)
    if (!session.isValid) return
    if (what < 2 && !session.isNew) return this.#invalidate(client, node, session)
    if (what < 4 && !session.isNew) session.changeSessionId()
    const written = what < 70 ? this.#write(session) : []
    const removes = what > 95 && session.getAttribute(TICKET) !== undefined
    if (removes) session.removeAttribute(TICKET)
    // A session that keeps its client's id although nobody within reach has it is no new one.
    if (session.isNew && session.id !== client.id) session.setAttribute(TICKET, 1)
    const renamed = session.replaces
    const commit = node.manager.requestCompleted(session)
    if (renamed !== undefined) this.counts.renamed++
    this.#ids.add(session.id)
    if (client.id === undefined || client.id === renamed || client.id === session.id)
      this.#learn(client, session, removes)
    const { token } = session
    this.#whenHeld(commit, node, session.id, token, holders => {
      for (const version of written) this.#heldWrites.push({ what: version, holders })
      if (removes) this.#heldRemovals.push({ what: session.id, holders })
      if (renamed !== undefined) this.#heldDeaths.push({ what: renamed, holders })
    })
    if (this.#dice.chance(0.1)) this.#share(client)
  }

  #write(session: DeltaSession): Version[] {
    return Array.from({ length: this.#dice.between(1, 2) }, () => {
      const name = this.#dice.pick(NAMES)
      const parent = this.#history.get(session.getAttribute(name))
      const version = this.#history.add(session.id, name, parent)
      session.setAttribute(name, version.number)
      this.counts.writes++
      return version
    })
  }

  #learn(client: Client, session: DeltaSession, removedTicket: boolean): void {
    client.id = session.id
    client.token = session.token
    client.hasRemovedTicket ||= removedTicket
    for (const name of NAMES) {
      const version = this.#history.get(session.getAttribute(name))
      if (version) client.seen.set(name, version)
    }
  }

  /** Another tab of the same browser, with what this one knew. */
  #share(client: Client): void {
    const other = this.#dice.pick(this.#clients)
    if (other.isBusy) return
    Object.assign(other, { ...client, number: other.number, seen: new Map(client.seen), isBusy: false })
  }

  #invalidate(client: Client, node: TestNode, session: DeltaSession): void {
    const { id } = session
    session.invalidate()
    const commit = node.manager.requestCompleted(session)
    this.counts.invalidated++
    this.#noteDead(node, id)
    this.#forgets(client)
    this.#whenHeld(commit, node, id, undefined, holders => this.#heldDeaths.push({ what: id, holders }))
  }

  #whenHeld(
    { acknowledged }: Commit,
    node: TestNode,
    id: string,
    token: VersionToken | undefined,
    note: (holders: readonly TestNode[]) => void,
  ): void {
    void acknowledged?.then(outcome => {
      if (!node.channel.isUp) return
      this.counts[outcome]++
      if (outcome === 'held') note(this.#nodes.filter(n => n.channel.isUp && holds(n, id, token)))
    })
  }

  #noteDead(node: TestNode, id: string): void {
    const known = this.#deadOn.get(node) ?? new Set()
    this.#deadOn.set(node, known.add(id))
  }

  // Faults

  #roughen(): void {
    const { dice } = this.#cluster
    this.#cluster.faults = {
      delayMinMs: 0,
      delayMaxMs: dice.pick([1, 5, 40]),
      loss: dice.pick([0, 0.01, 0.05]),
      duplication: dice.pick([0, 0.05]),
    }
    this.#cluster.noticeMaxMs = dice.pick([5, 100, 800])
  }

  #fault(): void {
    if (this.#isQuiet) return
    const lastsMs = this.#dice.between(50, 2_500)
    const node = this.#dice.pick(this.#nodes)
    switch (this.#dice.below(5)) {
      case 0:
        this.#partition(lastsMs)
        break
      case 1:
        this.#isolate(node, lastsMs)
        break
      case 2:
        this.#restart(node, lastsMs)
        break
      case 3:
        this.#hang(node, lastsMs)
        break
      case 4:
        this.#refuse(node, lastsMs)
        break
    }
    this.#later(this.#dice.between(100, 2_000), () => this.#fault())
  }

  #partition(lastsMs: number): void {
    this.counts.partitions++
    for (const [i, a] of this.#nodes.entries())
      for (const b of this.#nodes.slice(i + 1)) if (this.#dice.chance(0.5)) this.#cluster.cut(a.channel, b.channel)
    this.#later(lastsMs, () => this.#cluster.heal())
  }

  #isolate(node: TestNode, lastsMs: number): void {
    this.counts.partitions++
    for (const other of this.#nodes) if (other !== node) this.#cluster.cut(node.channel, other.channel)
    this.#later(lastsMs, () => this.#cluster.heal())
  }

  /** The process dies; another begins in its place, with an incarnation of its own and no memory. */
  #restart(node: TestNode, lastsMs: number): void {
    if (!node.channel.isUp || this.#nodes.filter(n => n.channel.isUp).length < 3) return
    this.counts.kills++
    node.kill()
    this.#later(lastsMs, () => this.#replace(node))
  }

  #replace(node: TestNode): void {
    this.#gone.push(node)
    const next = this.#newNode(node.channel.name)
    this.#nodes = this.#nodes.map(n => (n === node ? next : n))
    void next.up().then(() => this.#later(this.#dice.below(100), () => void (next.channel.isUp && next.manager.join())))
  }

  #hang(node: TestNode, lastsMs: number): void {
    this.counts.hangs++
    node.channel.hang()
    this.#later(lastsMs, () => node.channel.resume())
  }

  #refuse(node: TestNode, lastsMs: number): void {
    const target = this.#dice.pick(this.#nodes)
    if (target === node) return
    this.counts.refusals++
    node.channel.refuse(target.channel)
    this.#later(lastsMs, () => node.channel.run(() => node.channel.caughtUp(target.channel)))
  }

  #heal(): void {
    this.#isQuiet = true
    this.#cluster.faults = { delayMinMs: 1, delayMaxMs: 3, loss: 0, duplication: 0 }
    this.#cluster.noticeMaxMs = 10
    this.#cluster.heal()
    for (const node of this.#nodes) {
      if (!node.channel.isUp) this.#replace(node)
      node.channel.resume()
    }
  }

  // What was promised

  #checkEnd(): void {
    const digests = new Set(this.#nodes.map(node => node.manager.digest()))
    if (digests.size > 1) this.#violated(`digests differ: ${[...digests]}`)
    for (const id of this.#ids) this.#checkCopies(id)
    for (const { what, holders } of this.#heldWrites) if (this.#anyLives(holders)) this.#checkWrite(what)
    for (const { what, holders } of this.#heldRemovals) if (this.#anyLives(holders)) this.#checkRemoval(what)
    for (const { what, holders } of this.#heldDeaths) if (this.#anyLives(holders)) this.#checkDeath(what)
    for (const node of [...this.#nodes, ...this.#gone]) this.#checkNode(node)
  }

  #checkCopies(id: string): void {
    const copies = new Set(this.#nodes.map(node => node.bytesOf(id)))
    if (this.#nodes.some(node => isUnfilled(node, id))) this.#violated('a gap was neither filled nor given up')
    if (copies.size > 1) this.#violated(`copies differ: ${[...copies].join('\n    ')}`)
  }

  #checkWrite(version: Version): void {
    const found = this.#nodes[0]!.manager.findSession(version.session)
    if (found.kind === 'dead') return
    this.counts.acknowledgedChecked++
    const final = found.kind === 'here' ? this.#history.get(found.session.getAttribute(version.name)) : undefined
    if (final !== version && this.#history.isBefore(final, version))
      this.#violated(
        `acknowledged write ${version.number} of ${version.name} is lost: ${final?.number ?? 'nothing'} is there`,
      )
  }

  #checkRemoval(id: string): void {
    const found = this.#nodes[0]!.manager.findSession(id)
    if (found.kind === 'here' && found.session.getAttribute(TICKET) !== undefined)
      this.#violated('an acknowledged removal was undone')
  }

  #checkDeath(id: string): void {
    this.counts.deathsChecked++
    for (const node of this.#nodes)
      if (node.standing(id) !== 'dead')
        this.#violated(`an acknowledged logout was undone: ${node.standing(id)} on ${node.channel.name}`)
  }

  #checkNode(node: TestNode): void {
    const { name, listenerErrors } = node.channel
    for (const error of listenerErrors) this.#violated(`${name} threw at a message: ${error}`)
    for (const message of node.logger.messages('error')) this.#violated(`${name} logged an error: ${message}`)
    const destroyed = new Set<string>()
    for (const [event, { id }] of node.events) {
      if (destroyed.has(id) && event !== 'sessionIdChanged') this.#violated(`${name}: ${event} after sessionDestroyed`)
      if (event === 'sessionDestroyed') destroyed.add(id)
    }
    if (node.channel.isUp && node.manager.inspect().laggingMembers > 0)
      this.#violated(`${name} still believes that members lag`)
  }

  #sumUp(): void {
    for (const node of [...this.#nodes, ...this.#gone]) {
      const { pulls, antiEntropy } = node.manager.inspect()
      this.counts.pulls += pulls.pulls
      this.counts.gaps += pulls.gaps
      this.counts.statesSent += antiEntropy.statesSent
      this.counts.conflicts += node.eventsOf('conflict').length
    }
  }

  #anyLives(holders: readonly TestNode[]): boolean {
    return holders.some(node => node.channel.isUp)
  }

  #violated(what: string): void {
    this.violations.push(`${Math.round(this.#cluster.time.nowMs)} ms: ${what}`)
  }

  #newNode(name: string, skewMs = this.#dice.between(-5_000, 5_000)): TestNode {
    return new TestNode(this.#cluster, name, this.#options, { skewMs })
  }

  #later(ms: number, what: () => void): void {
    this.#cluster.time.after(ms, what)
  }

  #pause(ms: number): Promise<void> {
    return new Promise(resolve => this.#later(ms, resolve))
  }
}

/** Whether this node's copy includes what the token names, or is dead. */
function holds(node: TestNode, id: string, token: VersionToken | undefined): boolean {
  const state = node.stateOf(id)
  return state?.kind === 'dead' || (state !== undefined && token !== undefined && coversToken(state.vector, token))
}

function isUnfilled(node: TestNode, id: string): boolean {
  const state = node.stateOf(id)
  return state?.kind === 'live' && !isWhole(state)
}

function newClient(number: number): Client {
  return { number, id: undefined, token: undefined, seen: new Map(), hasRemovedTicket: false, isBusy: false }
}
