import type { AcknowledgementLevel, Commit, DeltaManager, DeltaSession, Manager } from '@clowder/ha'
import type { Logger } from '@clowder/tribes'
import { asJson } from './as-json.js'
import { type Soon, soonAfter } from './soon.js'
import { cookieOf, type SessionRecord, StoredSession } from './stored-session.js'

/** What a store needs of whoever manages sessions. */
export interface StoreManager
  extends Manager,
    Pick<DeltaManager, 'countSessions' | 'expireSession' | 'peekSession' | 'sessionIds'> {
  /** Ends sessions that are kept where the cluster does not see them. */
  endOthers?(): Promise<void>
}

/** What a store works with. */
export interface StoredSessionsComponents {
  readonly manager: StoreManager
  readonly logger: Logger
}

export interface StoredSessionsOptions {
  /** How much must hold a change before its promise resolves. Undefined: what the manager has. */
  readonly acknowledge: AcknowledgementLevel | undefined
}

/** The sessions of a manager as whole objects that come and go by id: what stores of all frameworks have in common. Knows none of the frameworks. */
export class StoredSessions {
  readonly #components: StoredSessionsComponents
  readonly #options: StoredSessionsOptions

  constructor(components: StoredSessionsComponents, options: StoredSessionsOptions) {
    this.#components = components
    this.#options = options
  }

  /** The session as it is now, from this node if its copy is current, else from whoever has it. Reading is no use: it expires when it would have expired. */
  find(id: string): Soon<StoredSession | undefined> {
    const found = this.#components.manager.findSession(id, undefined, 'look')
    if (found.kind === 'here') return new StoredSession(found.session)
    return found.kind === 'dead' ? undefined : this.#load(id)
  }

  /** As `find`, or one that does not exist yet. Undefined: it has ended, and nothing that is written to it is kept. `isNew`: nobody can have it, so nobody is asked. */
  findOrCreate(id: string, isNew: boolean): Soon<StoredSession | undefined> {
    if (isNew && this.#components.manager.findSession(id, undefined, 'look').kind === 'unknown') return this.#create(id)
    return soonAfter(this.find(id), stored => stored ?? (this.#hasEnded(id) ? undefined : this.#create(id)))
  }

  read(stored: StoredSession): SessionRecord {
    return stored.read(err =>
      this.#components.logger.error({ err }, 'a session attribute cannot be read; it is left as it is'),
    )
  }

  /** Commits what the reader changed. Rejects with the first attribute that cannot be kept; the others are. */
  write(stored: StoredSession, data: object, nowMs: number): Soon<void> {
    if (!stored.delta.isValid) return undefined
    stored.write(data)
    return this.touch(stored, data, nowMs)
  }

  /** The session is used, and its cookie is that of `data`. */
  touch(stored: StoredSession, data: object, nowMs: number): Soon<void> {
    const { delta } = stored
    if (!delta.isValid) return undefined
    const isUse = stored.writeCookie(cookieOf(data), nowMs)
    const commit = this.#commit(stored, data)
    if (isUse) this.#components.manager.touchSession(delta.id)
    return commit
  }

  /** The session is used, and nothing about it changes. */
  use({ delta, hasFixedEnd }: StoredSession): void {
    if (!hasFixedEnd) this.#components.manager.touchSession(delta.id)
  }

  /** Ends the session on every node, for good. */
  end(id: string): Soon<void> {
    const { manager } = this.#components
    return this.#hasEnded(id) ? undefined : this.#acknowledged(manager.expireSession(id, this.#options.acknowledge))
  }

  async endAll(): Promise<void> {
    const { manager } = this.#components
    await Promise.all([...manager.sessionIds().map(id => this.end(id)), manager.endOthers?.()])
  }

  /** Those that this node holds. */
  *all(): Generator<StoredSession> {
    for (const id of this.#components.manager.sessionIds()) {
      const delta = this.#components.manager.peekSession(id)
      if (delta) yield new StoredSession(delta)
    }
  }

  /** How many this node holds. Opens none. */
  count(): number {
    return this.#components.manager.countSessions()
  }

  async #load(id: string): Promise<StoredSession | undefined> {
    const loaded = await this.#components.manager.loadSession(id, undefined, 'look')
    return loaded.kind === 'here' ? new StoredSession(loaded.session) : undefined
  }

  #create(id: string): StoredSession {
    return new StoredSession(this.#components.manager.createSession(id))
  }

  #hasEnded(id: string): boolean {
    return this.#components.manager.findSession(id, undefined, 'look').kind === 'dead'
  }

  #commit({ delta }: StoredSession, data: object): Soon<void> {
    const { manager } = this.#components
    const commit = manager.requestCompleted(delta, this.#options.acknowledge)
    if (commit.refused.length === 0) return this.#acknowledged(commit)
    const { kept, lost } = asJson(data, commit.refused)
    for (const [name, value] of kept) keep(delta, name, value)
    const again = manager.requestCompleted(delta, this.#options.acknowledge)
    const error = [...lost, ...again.refused][0]
    const waits = Promise.all([this.#acknowledged(commit), this.#acknowledged(again)])
    return waits.then(() => (error ? Promise.reject(error) : undefined))
  }

  #acknowledged({ acknowledged }: Commit): Soon<void> {
    return acknowledged?.then(() => {})
  }
}

function keep(delta: DeltaSession, name: string, value: unknown): void {
  if (value === undefined) delta.removeAttribute(name)
  else delta.setAttribute(name, value)
}
