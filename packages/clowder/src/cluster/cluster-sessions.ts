import {
  type Acknowledged,
  type DeltaManager,
  type EndedSessions,
  LiveSessions,
  type SessionFeed,
  type SessionSize,
  type SessionUsers,
  type UserSession,
  UsersDisabledError,
  type WatchOptions,
} from '@clowder/ha'

export interface ClusterSessionsComponents {
  readonly manager: DeltaManager
  readonly users?: SessionUsers
}

/** What `cluster.sessions.endAll` leaves out. */
export interface EndAllOptions {
  /** The id of a session that is kept: `req.session.id` for "log out everywhere else". */
  readonly but?: string
}

/** `cluster.sessions`: the sessions of all members, for code outside of requests. */
export class ClusterSessions {
  readonly #components: ClusterSessionsComponents
  /** From the first watch on. */
  #live: LiveSessions | undefined

  constructor(components: ClusterSessionsComponents) {
    this.#components = components
  }

  /**
   * The user's sessions, the oldest login first. Rejects with BadUserIdError (`HA_BAD_USER_ID`), and with UsersDisabledError (`HA_USERS_DISABLED`) without the option
   * `users`. With `manager.copies` the other members are asked, for a second at most.
   */
  async of(userId: string | number): Promise<readonly UserSession[]> {
    return this.#users('list the sessions of a user').of(userId)
  }

  /** Ends one session, on every node, for ever. Resolves with `held` when all members within reach know, `degraded` when some were late. */
  async end(id: string): Promise<Acknowledged> {
    return (await this.#components.manager.expireSession(id, 'all').acknowledged) ?? 'held'
  }

  /**
   * Ends all sessions of a user, on every node, for ever, but for `but`: also those of members that are cut off, as soon as they are back. Who logs in afterwards is in. Rejects
   * as `of` does.
   */
  async endAll(userId: string | number, { but }: EndAllOptions = {}): Promise<EndedSessions> {
    return this.#users('end the sessions of a user').endAll(userId, but)
  }

  /**
   * The changes of a session from now on, whichever node makes them: `for await (const { name, value, local } of cluster.sessions.watch(id, { signal }))`. Ends when the session does, under its id, and when
   * `signal` is aborted; at once when the session is not known here, and when this node has stopped. Rejects with WatchOverflowError (`HA_WATCH_OVERFLOW`) when more than `maxBuffered` changes wait. Throws
   * SessionNotHeldError (`HA_SESSION_NOT_HELD`) where other members hold the session (`manager.copies`).
   */
  watch(id: string, options: WatchOptions = {}): SessionFeed {
    this.#live ??= this.#components.manager.attach(parts => new LiveSessions(parts))
    return this.#live.watch(id, options)
  }

  /** The `n` largest sessions that this member holds, each with its attributes, in bytes as `manager.maxSessionBytes` counts them. Nothing is decoded. */
  largest(n = 10): readonly SessionSize[] {
    return this.#components.manager.largest(n)
  }

  /** What logs call the session of this id, `#3f9a1c02`: to find the lines about it. An id itself is never logged. The same on all members until the secret is replaced. */
  labelOf(id: string): string {
    return this.#components.manager.labelOf(id) ?? ''
  }

  #users(action: string): SessionUsers {
    if (!this.#components.users) throw new UsersDisabledError(action)
    return this.#components.users
  }
}
