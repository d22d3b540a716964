import type { Clock, Logger } from '@clowder/tribes'
import type { Placement } from '../manager/placement.js'
import type { SessionCopy } from '../manager/session-copy.js'
import type { SessionTable } from '../manager/session-table.js'
import type { Codec } from '../ports/codec.js'
import { CREATED_AT } from '../state/entry.js'
import type { UserSessionRow } from '../wire/user-question-codec.js'
import { type Login, loginFrom, USER } from './login.js'
import { SessionIndex } from './session-index.js'

/** What fits the wire. */
const MOST_EPOCH_MS = 2 ** 48

export interface LoginIndexComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly codec: Codec
  readonly table: SessionTable
  readonly placement: Pick<Placement, 'isOwner'>
}

/** Which user has which of this node's copies. Built by the first question, which reads one property of every copy, most of them packed; kept up from then on. */
export class LoginIndex {
  readonly #components: LoginIndexComponents
  #index: SessionIndex | undefined

  constructor(components: LoginIndexComponents) {
    this.#components = components
  }

  /** Undefined: nobody has asked yet. */
  get size(): number | undefined {
    return this.#index?.size
  }

  /** Ids and when their logins began. Changes while it is held. */
  of(user: string): ReadonlyMap<string, number> {
    return this.#built().of(user)
  }

  /** The same, but for what is past its idle limit: nobody is served from that any more, and it stays only to be asked for. */
  inTime(user: string): ReadonlyMap<string, number> {
    const { clock, table } = this.#components
    const nowMs = clock.now()
    const isInTime = (copy: SessionCopy | undefined) => copy !== undefined && copy.idleMs(nowMs) < copy.idleLimitMs
    return new Map([...this.of(user)].filter(([id]) => isInTime(table.get(id))))
  }

  has(id: string): boolean {
    return this.#built().keyOf(id) !== undefined
  }

  set(id: string, login: Login | undefined): void {
    if (login) this.#built().set(id, login.user, login.since)
    else this.#index?.delete(id)
  }

  /** What another node wrote that is no login is as good as none. */
  decoded(value: Uint8Array | undefined): Login | undefined {
    if (!value) return undefined
    try {
      return loginFrom(this.#components.codec.decode(value))
    } catch (error) {
      this.#components.logger.error({ err: error }, 'The user of a session cannot be decoded.')
      return undefined
    }
  }

  /** Of what a request has left over here those tell who hold it: it may have ended there. */
  rowsOf(user: string): UserSessionRow[] {
    const { clock, placement, table } = this.#components
    return [...this.of(user)].flatMap(([id, since]) => {
      const copy = table.get(id)
      if (copy?.kind !== 'live' || !(copy.isHint || placement.isOwner(copy.bucket))) return []
      return [{ id, since, createdAtMs: this.#createdAtMs(copy), idleMs: Math.floor(copy.idleMs(clock.now())) }]
    })
  }

  #built(): SessionIndex {
    if (this.#index) return this.#index
    const index = (this.#index = new SessionIndex())
    for (const copy of this.#components.table) {
      const login = this.decoded(copy.valueOf(USER))
      if (login) index.set(copy.id, login.user, login.since)
    }
    return index
  }

  /** 0 when another node wrote what cannot be read, or is no time. */
  #createdAtMs(copy: SessionCopy): number {
    const value = copy.valueOf(CREATED_AT)
    try {
      const atMs = value ? Math.floor(Number(this.#components.codec.decode(value))) : 0
      return atMs > 0 && atMs < MOST_EPOCH_MS ? atMs : 0
    } catch (error) {
      this.#components.logger.debug({ err: error }, 'The creation time of a session cannot be decoded.')
      return 0
    }
  }
}
