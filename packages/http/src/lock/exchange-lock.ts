import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { type DeltaSession, type SessionLock, withUncovered } from '@clowder/ha'
import { type HttpError, SessionGoneError, SessionLockTimeoutError, SessionOvertakenError } from '../errors.js'
import type { NamedSession } from '../valve/exchange-cookie.js'
import type { ValveContext } from '../valve/valve-context.js'
import { refuseUnlocked } from './valve-locks.js'

/** One request's lock: taken before its handler runs, by the handler, or when its changes are to be committed; given back once. */
export class ExchangeLock {
  readonly #context: ValveContext
  readonly #req: IncomingMessage
  readonly #whenBehind: () => HttpError | undefined
  /** Of a request without an answer. Whose connection has closed gives nothing back any more. */
  readonly #socket: Socket | undefined
  readonly #closed = () => this.end()
  #lock: SessionLock | undefined
  /** The request goes on as if there were no locks. */
  #isOpen = false
  #isReadOnly = false
  #isOver = false
  #wasTaken = false
  #taking: Promise<unknown> = Promise.resolve()
  #takingLate: Promise<HttpError | undefined> | undefined
  #guarded: DeltaSession | undefined
  #hasWritten = false

  /**
   * `whenBehind`: what the last holder left is out of reach; gives why the request must not go on without it, if so. `socket`: of a request without an answer, with whose
   * end the lock would be given back.
   */
  constructor(
    context: ValveContext,
    req: IncomingMessage,
    whenBehind: () => HttpError | undefined,
    socket: Socket | undefined,
  ) {
    this.#context = context
    this.#req = req
    this.#whenBehind = whenBehind
    this.#socket = socket
  }

  /** Before the handler runs: the lock, and then what its last holder left. False: the request has been refused, or its client has gone. */
  async open(
    cookie: NamedSession,
    res: ServerResponse,
    find: (cookie: NamedSession) => boolean | Promise<boolean>,
  ): Promise<boolean> {
    if (!(await this.#mayGoOn(cookie.id))) {
      if (!this.#isOver) refuseUnlocked(res)
      return false
    }
    const seen = this.#lock?.seen
    const token = cookie.token && seen ? withUncovered(cookie.token, seen, []) : (cookie.token ?? seen)
    const goesOn = await find({ ...cookie, token })
    // A session that has ended needs no lock, and a new one is nobody else's.
    if (!goesOn || !this.#guarded) this.release()
    return goesOn
  }

  async #mayGoOn(id: string): Promise<boolean> {
    const { whenTimedOut } = this.#context.locks.options
    if (await this.#take(id)) return true
    if (this.#isOver) return false
    this.#isReadOnly = whenTimedOut === 'readOnly'
    this.#isOpen = whenTimedOut === 'open'
    return whenTimedOut !== 'refuse'
  }

  /** The session was opened with it, or without one. */
  guard(delta: DeltaSession): void {
    this.#guarded = delta
    delta.lock = this.#lock
    delta.isReadOnly = this.#isReadOnly
  }

  /** By the handler. Rejects with SessionLockTimeoutError, SessionGoneError or StaleSessionError; the request goes on as it was then. */
  takeFor(delta: DeltaSession, timeoutMs: number): Promise<void> {
    // One after the other: asked for twice at once, it would wait for itself.
    const taken = this.#taking.catch(() => {}).then(() => this.#takeNow(delta, timeoutMs))
    this.#taking = taken
    return taken
  }

  async #takeNow(delta: DeltaSession, timeoutMs: number): Promise<void> {
    if (!isKnownElsewhere(delta) || delta.lock?.isHeld) return
    this.release()
    if (!(await this.#take(delta.copy!.id, timeoutMs)))
      throw this.#isOver ? new SessionGoneError('lock') : new SessionLockTimeoutError(timeoutMs)
    const behind = await this.#catchUp(delta)
    const refusal = delta.isValid ? behind : new SessionGoneError('lock')
    if (refusal) {
      this.release()
      throw refusal
    }
    this.#isReadOnly = false
    this.guard(delta)
    delta.lookAgain()
  }

  /** Whether the request was taken for a reader, and is none. */
  isDue(delta: DeltaSession): boolean {
    if (!this.#context.locks.learns || this.#isOpen || this.#isReadOnly || this.#lock) return false
    return delta.isValid && isKnownElsewhere(delta) && delta.isDirty
  }

  /**
   * When its changes are to be committed: the lock, and a look whether what it read or wrote is still as it was. Resolves with why they must not be committed, if
   * so. Never rejects. Once for all that are to be committed while it waits, as when the answer starts before `save` is through.
   */
  takeLate(delta: DeltaSession): Promise<HttpError | undefined> {
    this.#takingLate ??= this.#taking
      .catch(() => {})
      .then(() => this.#takeLateNow(delta))
      .finally(() => {
        this.#takingLate = undefined
      })
    this.#taking = this.#takingLate
    return this.#takingLate
  }

  async #takeLateNow(delta: DeltaSession): Promise<HttpError | undefined> {
    if (!this.isDue(delta)) return undefined
    const { locks, statistics } = this.#context
    statistics.nrOfMispredictions++
    if (!(await this.#take(delta.copy!.id)))
      return this.#without(delta, new SessionLockTimeoutError(locks.options.timeout))
    const behind = await this.#catchUp(delta)
    const overtaken = delta.isValid ? delta.overtaken() : []
    if (overtaken.length === 0 && !behind) {
      this.guard(delta)
      return undefined
    }
    this.release()
    if (behind) return behind
    statistics.nrOfOvertakenRequests++
    return this.#without(delta, new SessionOvertakenError(overtaken))
  }

  /** A commit has been made. */
  committed(hasChanged: boolean): void {
    this.#hasWritten ||= hasChanged
  }

  /** Everything is committed that the answer can wait for: the next request may have it. */
  headersStarted(): void {
    this.release()
    if (this.#wasTaken && this.#context.locks.learns) this.#context.locks.routes.completed(this.#req, this.#hasWritten)
  }

  /** The answer is over, or its client has gone: what comes after that is given back at once. */
  end(): void {
    this.#isOver = true
    this.release()
  }

  /** What is committed after this is committed without a lock. */
  release(): void {
    if (this.#guarded) this.#guarded.lock = undefined
    this.#lock?.release()
    this.#lock = undefined
    this.#socket?.off('close', this.#closed)
  }

  /** False when it cannot be had in time, or is not wanted any more. */
  async #take(id: string, timeoutMs = this.#context.locks.options.timeout): Promise<boolean> {
    const { locks, statistics } = this.#context
    assert(locks.sessions, 'the manager of this valve has no locks')
    const lock = await locks.sessions.lock(id, timeoutMs)
    this.#isOver ||= this.#socket?.destroyed === true
    if (!lock) statistics.nrOfLockTimeouts++
    else if (this.#isOver) lock.release()
    else {
      statistics.nrOfLockedRequests++
      this.#lock = lock
      this.#wasTaken = true
      this.#socket?.once('close', this.#closed)
    }
    return this.#lock !== undefined
  }

  /** Brings this node's copy to what the last holder left. Gives why the request must not go on when that is out of reach, if so. */
  async #catchUp(delta: DeltaSession): Promise<HttpError | undefined> {
    const { manager, locks } = this.#context
    const { id } = delta.copy!
    const seen = this.#lock!.seen
    const { kind } = manager.findSession(id, seen)
    const loaded = kind === 'behind' || kind === 'unknown' ? await manager.loadSession(id, seen) : undefined
    locks.sessions!.follow(delta)
    if (loaded?.kind !== 'here' || !loaded.stale) return undefined
    delta.mayBeOld().isOlderThan(seen)
    return this.#whenBehind()
  }

  #without(delta: DeltaSession, error: HttpError): HttpError | undefined {
    const { whenTimedOut } = this.#context.locks.options
    if (whenTimedOut === 'refuse') return error
    this.#isReadOnly = whenTimedOut === 'readOnly'
    this.#isOpen = whenTimedOut === 'open'
    this.guard(delta)
    return undefined
  }
}

/** A session that nobody else has heard of needs no lock. */
function isKnownElsewhere(delta: DeltaSession): boolean {
  return delta.copy !== undefined
}
