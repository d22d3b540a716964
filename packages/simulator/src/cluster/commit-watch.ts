import type {
  AcknowledgementLevel,
  Commit,
  DeltaManager,
  DeltaSession,
  FindResult,
  LoadResult,
  Manager,
  SessionLocks,
  VersionToken,
} from '@clowder/ha'

/** Hears of the commits that are made in its name. */
export interface CommitWatcher {
  committed(session: DeltaSession, commit: Commit): void
  /** Whether this is the session of its request. */
  owns(session: DeltaSession): boolean
}

/** The manager as the valve sees it, with an onlooker between: tells whose commit each one is. */
export class CommitWatch implements Manager {
  readonly #manager: DeltaManager
  readonly #broken: (what: string) => void
  #watcher: CommitWatcher | undefined
  readonly #expected = new Set<CommitWatcher>()

  constructor(manager: DeltaManager, broken: (what: string) => void) {
    this.#manager = manager
    this.#broken = broken
  }

  /** What `turn` commits, it commits for `watcher`: commits are made in the turn that asks for them. */
  during(watcher: CommitWatcher, turn: () => void): void {
    this.#watcher = watcher
    try {
      turn()
    } finally {
      this.#watcher = undefined
    }
  }

  /** What is committed of its session from now on, in whichever turn, is for it. */
  expect(watcher: CommitWatcher): void {
    this.#expected.add(watcher)
  }

  forget(watcher: CommitWatcher): void {
    this.#expected.delete(watcher)
  }

  get locks(): SessionLocks {
    return this.#manager.locks
  }

  findSession(id: string, seen?: VersionToken): FindResult {
    return this.#manager.findSession(id, seen)
  }

  loadSession(id: string, seen?: VersionToken): Promise<LoadResult> {
    return this.#manager.loadSession(id, seen)
  }

  touchSession(id: string): void {
    this.#manager.touchSession(id)
  }

  createSession(): DeltaSession {
    return this.#manager.createSession()
  }

  replaceSession(old: DeltaSession): DeltaSession {
    return this.#manager.replaceSession(old)
  }

  requestCompleted(session: DeltaSession, acknowledge?: AcknowledgementLevel): Commit {
    const hadLost = session.lock?.isHeld === false
    const commit = this.#manager.requestCompleted(session, acknowledge)
    if (hadLost && commit.changed) this.#broken('who has lost its lock commits nothing')
    this.#watcherOf(session)?.committed(session, commit)
    return commit
  }

  #watcherOf(session: DeltaSession): CommitWatcher | undefined {
    for (const watcher of this.#expected) if (watcher.owns(session)) return watcher
    return this.#watcher
  }
}
