/** One write of one attribute, as an onlooker outside knows it. */
export interface Write {
  readonly number: number
  readonly node: number
  readonly id: string
  readonly name: string
  /** undefined: a removal. */
  readonly value: number | undefined
  /** Writes whose effect was in the node's copy when this one was committed, by number. */
  readonly seen: ReadonlySet<number>
  /** The same when its request began. */
  readonly seenAtBegin: ReadonlySet<number>
}

export interface Death {
  readonly id: string
  readonly node: number
}

/** A change of id. What the new session consists of is among the writes. */
export interface Renaming {
  readonly oldId: string
  readonly id: string
  readonly node: number
}

/** What happened in a world, written down from outside: who wrote what, and what it could know. The promises are checked against this. */
export class Ledger {
  readonly writes: Write[] = []
  readonly deaths: Death[] = []
  readonly renamings: Renaming[] = []
  readonly #known: Set<number>[]

  constructor(nodes: number) {
    this.#known = Array.from({ length: nodes }, () => new Set())
  }

  /** The writes that have reached a node. */
  knownTo(node: number): ReadonlySet<number> {
    return this.#known[node]!
  }

  /** A copy of what has reached the node by now. */
  seenBy(node: number): ReadonlySet<number> {
    return new Set(this.#known[node])
  }

  wrote(write: Omit<Write, 'number' | 'seen'>): Write {
    const written = { ...write, number: this.writes.length, seen: this.seenBy(write.node) }
    this.writes.push(written)
    this.#known[write.node]!.add(written.number)
    return written
  }

  learned(node: number, writes: Iterable<number>): void {
    for (const number of writes) this.#known[node]!.add(number)
  }

  ids(): readonly string[] {
    return [...new Set([...this.writes, ...this.deaths].map(({ id }) => id))]
  }

  writesOf(id: string, name: string): readonly Write[] {
    return this.writes.filter(write => write.id === id && write.name === name)
  }

  isDead(id: string): boolean {
    return this.deaths.some(death => death.id === id)
  }

  /** The writes of one attribute that no other write has superseded: one of them must be what is there in the end. */
  latest(id: string, name: string): readonly Write[] {
    const writes = this.writesOf(id, name)
    return writes.filter(write => !writes.some(other => other.seen.has(write.number)))
  }
}
