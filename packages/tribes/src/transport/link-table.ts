import type { Member } from '../member.js'
import type { Connection } from './connection.js'
import { JoinBudget } from './join-budget.js'
import { Link, type LinkComponents } from './link.js'
import type { TransportOptions } from './transport-options.js'

/** Longer than any message of a lost incarnation can still be on its way. */
const RETENTION_MS = 600_000
/** Idle links beyond this many go at once, oldest first: made-up members cannot fill the memory. */
const MOST_IDLE_LINKS = 1024
/** A process is cloned once or twice in its life; more is a mistake that need not fill the memory. */
const MOST_GIVEN_UP = 64

export interface LinkTableComponents extends LinkComponents {
  /** This member as it is now; undefined while it cannot be introduced to anybody. */
  localMember(): Member | undefined
}

/** The links, by member id. A link stays for ten minutes after its last connection, because it knows which numbers were received. */
export class LinkTable {
  readonly #components: LinkTableComponents
  readonly #options: TransportOptions
  readonly #links = new Map<string, Link>()
  readonly #givenUp = new Map<string, Member>()
  readonly #joins: JoinBudget
  #renewedAtMs = Number.NEGATIVE_INFINITY
  #isOpen = false

  constructor(components: LinkTableComponents, options: TransportOptions) {
    this.#components = components
    this.#options = options
    this.#joins = new JoinBudget(components, options)
  }

  get clusterName(): string {
    return this.#options.clusterName
  }

  /** Why members of this host are not accepted; undefined: they are. */
  hostRefusal(host: string): string | undefined {
    return this.#options.hostRefusal(host)
  }

  /** This member, as long as it may be introduced to others. */
  get local(): Member | undefined {
    return this.#isOpen ? this.#components.localMember() : undefined
  }

  /** From now on, or no longer, members are welcome. */
  open(isOpen: boolean): void {
    this.#isOpen = isOpen
  }

  /** Whether this incarnation may be connected with: it is known, or not too many newcomers have come before it. */
  mayJoin(id: string): boolean {
    if (this.#links.has(id) || this.#joins.take()) return true
    this.#components.stats.joinsRefused++
    return false
  }

  /** How many newcomers may come in a second. */
  get maxJoinsPerSecond(): number {
    return this.#options.maxJoinsPerSecond
  }

  /** The link to this incarnation; made when there is none. One without a connection learns the member's latest address. */
  of(member: Member): Link {
    const known = this.#links.get(member.id)
    if (known) {
      if (known.phase === 'idle') known.member = member
      return known
    }
    const link = new Link(member, this.#components, this.#options)
    this.#links.set(member.id, link)
    return link
  }

  get(id: string): Link | undefined {
    return this.#links.get(id)
  }

  /** Who has, or had, this incarnation: the member that was connected under it, or is being dialled, or this process before it took another one. */
  known(id: string): Member | undefined {
    return this.#givenUp.get(id) ?? this.#links.get(id)?.owner
  }

  /** This process had that incarnation; a twin may still have it. */
  givenUp(self: Member): void {
    this.#givenUp.set(self.id, self)
    for (const id of this.#givenUp.keys()) {
      if (this.#givenUp.size > MOST_GIVEN_UP) this.#givenUp.delete(id)
    }
  }

  /** Every connection is to be made anew: those of links, and those that are on their way to one. */
  renew(nowMs: number): void {
    this.#renewedAtMs = nowMs
    for (const link of this.#links.values()) link.renew()
  }

  /** Its handshake began before all connections were to be made anew. */
  isOutdated({ openedAtMs }: Pick<Connection, 'openedAtMs'>): boolean {
    return openedAtMs < this.#renewedAtMs
  }

  all(): Link[] {
    return [...this.#links.values()]
  }

  sweep(nowMs: number): void {
    for (const link of this.#links.values()) link.sweep(nowMs)
    this.#dropLongIdle(nowMs)
  }

  #dropLongIdle(nowMs: number): void {
    let spare = this.#links.size - MOST_IDLE_LINKS
    for (const [id, link] of this.#links) {
      if (!link.isForgettable(nowMs, spare > 0 ? 0 : RETENTION_MS)) continue
      this.#links.delete(id)
      spare--
    }
  }
}
