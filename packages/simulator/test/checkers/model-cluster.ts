import { SeededRandom } from '../../src/seeded-random.js'
import { HistoryBuilder } from './history-builder.js'

/** What can be broken in the model, to see that the checkers notice. */
export interface Breakage {
  readonly ignoresToken?: boolean
  readonly forgetsAfterFlag?: boolean
  readonly revivesDead?: boolean
  readonly staysDiverged?: boolean
  readonly lastJoinWins?: boolean
  readonly hidesConflicts?: boolean
  readonly dropsRemovals?: boolean
  readonly boasts?: boolean
}

interface Entry {
  readonly name: string
  readonly version: number | null
  readonly commit: number
  /** Commits that its writer's copy included. */
  readonly knew: ReadonlySet<number>
}

/** A copy: what it includes, and of each name the greatest entry. Commits are numbered in real time: so whoever has seen another is greater. */
interface Copy {
  readonly commits: Set<number>
  readonly entries: Map<string, Entry>
  isDead: boolean
}

interface Node {
  readonly name: string
  side: number
  generation: number
  copies: Map<string, Copy>
}

interface Client {
  readonly name: string
  session: string | undefined
  cookieFrom: number | undefined
  seen: Set<number>
}

interface Visit {
  readonly client: Client
  readonly node: Node
  readonly generation: number
  readonly request: number
  readonly session: string
  readonly copy: Copy
  readonly isStale: boolean
  readonly seen: ReadonlySet<number>
  readonly base: ReadonlyMap<string, Entry>
}

const NAMES = ['x', 'y']

/**
 * A perfect cluster in a hundred lines: whoever is on one side of a cut has everything of that side at once, joins are maxima, and whoever lacks what a client has seen
 * says so. Its histories break no promise, whatever the seed; broken on purpose, they must.
 */
export class ModelCluster {
  readonly history: HistoryBuilder
  readonly #random: SeededRandom
  readonly #broken: Breakage
  readonly #nodes: Node[]
  readonly #clients: Client[]
  #numbers = 0
  #sessions = 0

  constructor(seed: number, broken: Breakage = {}) {
    this.#random = new SeededRandom(seed)
    this.#broken = broken
    const names = ['a', 'b', 'c', 'd'].slice(0, 2 + this.#random.below(3))
    this.history = new HistoryBuilder(names)
    this.#nodes = names.map(name => ({ name, side: 0, generation: 1, copies: new Map() }))
    this.#clients = ['ann', 'bob', 'cid'].map(name => ({
      name,
      session: undefined,
      cookieFrom: undefined,
      seen: new Set(),
    }))
  }

  run(steps = 120): HistoryBuilder {
    for (let i = 0; i < steps; i++) this.#step()
    this.#heal()
    const { history } = this
    history
      .phase('healed')
      .agree(...this.#names)
      .after(10_000)
    for (const client of this.#clients) this.#finish(this.#begin(client))
    return this.#end()
  }

  #step(): void {
    const what = this.#random.below(100)
    if (what < 4) this.#cut()
    else if (what < 7) this.#heal()
    else if (what < 9) this.#restart(this.#nodes.filter(() => this.#random.below(3) === 0))
    else if (what < 30) this.#overlapping()
    else this.#finish(this.#begin(this.#pick(this.#clients)))
    if (what === 99) this.#clients[0] = { ...this.#pick(this.#clients), name: this.#clients[0]!.name }
  }

  #overlapping(): void {
    const visits = [this.#begin(this.#pick(this.#clients)), this.#begin(this.#pick(this.#clients))]
    for (const visit of visits) this.#finish(visit)
  }

  #begin(client: Client): Visit {
    const node = this.#pick(this.#nodes)
    const isNew = client.session === undefined
    const session = client.session ?? `s${++this.#sessions}`
    const request = this.history.request(client.name, node.name, client.session, client.cookieFrom)
    const copy = node.copies.get(session) ?? { commits: new Set(), entries: new Map(), isDead: false }
    const isBehind = !isNew && [...client.seen].some(commit => !copy.commits.has(commit))
    const isStale = isBehind && !this.#broken.ignoresToken
    const { generation } = node
    return { client, node, generation, request, session, copy, isStale, seen: client.seen, base: new Map(copy.entries) }
  }

  #finish(visit: Visit): void {
    const { client, node, request, session, copy } = visit
    if (visit.generation !== node.generation)
      return void this.history.answer(request, { outcome: 'lost', wrote: [], ended: [] })
    const current = node.copies.get(session) ?? copy
    if (current.isDead) {
      if (client.session === session)
        Object.assign(client, { session: undefined, cookieFrom: undefined, seen: new Set() })
      return void this.history.answer(request, { outcome: 'none' })
    }
    if (this.#random.below(100) < 4 && client.session === session) this.#logout(visit)
    else this.#write({ ...visit, copy: current })
  }

  #logout({ client, node, request, session, copy, isStale }: Visit): void {
    node.copies.set(session, { ...copy, isDead: true })
    this.history.told(node.name, 'destroyed', session)
    this.#spread(node, session)
    const holders = this.#holders(node, copyOf => copyOf?.isDead === true, session)
    this.history.answer(request, { ended: [session], ...this.#word(holders), ...(isStale && { isStale }) })
    Object.assign(client, { session: undefined, cookieFrom: undefined, seen: new Set() })
  }

  #write({ client, node, request, session, copy, isStale, seen, base }: Visit): void {
    const isNew = client.session !== session && !node.copies.has(session)
    const commit = ++this.#numbers
    const names = NAMES.filter(() => this.#random.below(3) === 0)
    const wrote = names.map(name => this.#put(node, session, copy, base, name, commit))
    const hasWritten = wrote.length > 0 || isNew
    if (hasWritten) copy.commits.add(commit)
    if (hasWritten) node.copies.set(session, copy)
    if (isNew) this.history.told(node.name, 'created', session)
    this.#spread(node, session)
    const holders = this.#holders(node, c => c?.isDead === true || c?.commits.has(commit) === true, session)
    const read = Object.fromEntries(NAMES.map(name => [name, base.get(name)?.version ?? null]))
    const acknowledged = hasWritten ? this.#word(holders) : { acknowledged: 'nothing' as const }
    this.history.answer(request, {
      session,
      read,
      wrote,
      ...acknowledged,
      ...(isStale && { isStale }),
      ...(isNew && { isNew }),
    })
    // What came in while the request ran was not read: the cookie stands for all of it, as the copy's vector does.
    // What was out of reach is not forgotten.
    const kept = isStale && !this.#broken.forgetsAfterFlag ? seen : []
    Object.assign(client, { session, cookieFrom: request, seen: new Set([...copy.commits, ...kept]) })
  }

  #put(node: Node, session: string, copy: Copy, base: ReadonlyMap<string, Entry>, name: string, commit: number) {
    const found = base.get(name)?.version ?? null
    const version = found !== null && this.#random.below(4) === 0 ? null : ++this.#numbers
    const entry: Entry = { name, version, commit, knew: new Set(copy.commits) }
    const overwritten = copy.entries.get(name)
    if (overwritten && overwritten.commit !== base.get(name)?.commit) this.#conflict(node, session, entry, overwritten)
    if (version === null && this.#broken.dropsRemovals) copy.entries.delete(name)
    else copy.entries.set(name, entry)
    return { name, version, base: found }
  }

  #conflict(node: Node, session: string, kept: Entry, dropped: Entry): void {
    if (this.#broken.hidesConflicts) return
    const { name } = kept
    this.history.told(node.name, 'conflict', session, { name, kept: kept.version, dropped: dropped.version })
  }

  #spread(from: Node, session: string): void {
    const copy = from.copies.get(session)
    if (!copy) return
    for (const to of this.#nodes) if (to !== from && to.side === from.side) this.#join(to, session, copy)
  }

  #join(node: Node, session: string, theirs: Copy): void {
    const mine = node.copies.get(session) ?? { commits: new Set(), entries: new Map(), isDead: false }
    if (theirs.isDead && !mine.isDead && node.copies.has(session))
      this.history.told(node.name, 'destroyed', session, { isLocal: false })
    const isDead = this.#broken.revivesDead ? theirs.isDead : mine.isDead || theirs.isDead
    const entries = new Map(mine.entries)
    for (const entry of theirs.entries.values())
      entries.set(entry.name, this.#winner(node, session, mine, theirs, entry))
    node.copies.set(session, { commits: new Set([...mine.commits, ...theirs.commits]), entries, isDead })
  }

  #winner(node: Node, session: string, mine: Copy, theirs: Copy, entry: Entry): Entry {
    const own = mine.entries.get(entry.name)
    if (!own || own.commit === entry.commit || this.#broken.lastJoinWins) return entry
    const [kept, dropped] = own.commit > entry.commit ? [own, entry] : [entry, own]
    const knew = kept === own ? mine.commits : theirs.commits
    if (!mine.isDead && !theirs.isDead && !knew.has(dropped.commit)) this.#conflict(node, session, kept, dropped)
    return kept
  }

  #holders(node: Node, has: (copy: Copy | undefined) => boolean, session: string): string[] {
    const holders = this.#nodes.filter(n => has(n.copies.get(session)))
    return (this.#broken.boasts ? [node] : holders).map(n => `${n.name}${n.generation}`)
  }

  #word(holders: readonly string[]) {
    const isHeld = holders.length > 1 || this.#broken.boasts
    return { acknowledged: isHeld ? ('held' as const) : ('degraded' as const), holders }
  }

  #cut(): void {
    this.history.fault('F24')
    for (const node of this.#nodes) node.side = this.#random.below(2)
    for (const side of [0, 1]) this.#exchange(this.#nodes.filter(node => node.side === side))
  }

  #heal(): void {
    for (const node of this.#nodes) node.side = 0
    if (!this.#broken.staysDiverged) this.#exchange(this.#nodes)
    this.history.fault('F24', true)
  }

  /** Twice around, so that all have what the last one had. */
  #exchange(nodes: readonly Node[]): void {
    for (const node of [...nodes, ...nodes])
      for (const [session, copy] of [...node.copies])
        for (const other of nodes) if (other !== node) this.#join(other, session, copy)
  }

  /** All at once; the new ones have what those have who are left on their side. */
  #restart(nodes: readonly Node[]): void {
    for (const node of nodes) {
      this.history.kill(node.name).start(node.name)
      node.generation++
      node.copies = new Map()
    }
    for (const node of nodes) {
      const left = this.#nodes.find(other => !nodes.includes(other) && other.side === node.side)
      for (const [session, copy] of left?.copies ?? []) this.#join(node, session, copy)
    }
  }

  #end(): HistoryBuilder {
    this.history.phase('settled')
    for (const { name, copies } of this.#nodes) {
      const all = [...copies].map(([session, copy]) => [session, copy.isDead ? 'dead' : valuesOf(copy)] as const)
      this.history.copies(name, Object.fromEntries(all.sort(([a], [b]) => (a < b ? -1 : 1))))
    }
    return this.history
  }

  get #names(): string[] {
    return this.#nodes.map(({ name }) => name)
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#random.below(items.length)]!
  }
}

function valuesOf({ entries }: Copy): Record<string, number | null> {
  return Object.fromEntries(NAMES.map(name => [name, entries.get(name)?.version ?? null]))
}
