import { webcrypto } from 'node:crypto'
import { deserialize, serialize } from 'node:v8'
import {
  type Acknowledged,
  type AcknowledgementLevel,
  type Codec,
  type Commit,
  DeltaManager,
  type DeltaSession,
  deltaManagerDefaults,
  type FindResult,
  type LoadResult,
  LocalChannel,
  type Manager,
  type Purpose,
  UnserializableValueError,
  type VersionToken,
} from '@clowder/ha'
import { type Clock, type Random, silentLogger } from '@clowder/tribes'

const random: Random = {
  fill: bytes => webcrypto.getRandomValues(bytes as Uint8Array<ArrayBuffer>),
  below: n => Math.floor(Math.random() * n),
}

/** Time stands still. */
const clock: Clock = {
  now: () => 0,
  wallTime: () => 1_700_000_000_000,
  setTimer: () => ({ cancel() {} }),
  endOfTurn: fire => queueMicrotask(fire),
}

const codec: Codec = {
  encode(value) {
    if (typeof value === 'function') throw new UnserializableValueError('', 'a function')
    return serialize(value)
  },
  decode: bytes => deserialize(bytes),
}

/** A commit whose acknowledgement the test decides. */
export class HeldCommit {
  readonly acknowledged: Promise<Acknowledged>
  settle!: (outcome?: Acknowledged) => void

  constructor() {
    this.acknowledged = new Promise(resolve => {
      this.settle = (outcome = 'held') => resolve(outcome)
    })
  }
}

/**
 * A real DeltaManager without a network, in front of which a test can say what is found, what other nodes answer, and when they acknowledge.
 */
export class TestManager implements Manager {
  readonly real: DeltaManager
  /** What was called, in order. */
  readonly calls: string[] = []
  readonly levels: (AcknowledgementLevel | undefined)[] = []
  /** Answers `findSession` instead of the real one. */
  finding: 'behind' | 'unknown' | 'dead' | undefined
  /** Answers `loadSession` once `finding` has sent a request there. */
  loading: 'none' | 'here' | 'stale' = 'none'
  /** What `requestCompleted` throws. */
  failure: Error | undefined
  readonly #held: HeldCommit[] = []

  constructor() {
    this.real = new DeltaManager(
      { clock, random, codec, logger: silentLogger, channel: new LocalChannel({ random }, { name: 'test' }) },
      deltaManagerDefaults,
    )
    this.real.start()
  }

  get locks() {
    return this.real.locks
  }

  /** The next commit that changes something will be acknowledged when the test says so. */
  holdNextCommit(): HeldCommit {
    const held = new HeldCommit()
    this.#held.push(held)
    return held
  }

  countOf(call: string): number {
    return this.calls.filter(c => c === call).length
  }

  findSession(id: string, seen?: VersionToken, purpose?: Purpose): FindResult {
    this.calls.push('find')
    return this.finding ? { kind: this.finding } : this.real.findSession(id, seen, purpose)
  }

  async loadSession(id: string): Promise<LoadResult> {
    this.calls.push('load')
    const found = this.real.findSession(id)
    if (this.loading === 'none' || found.kind !== 'here') return { kind: 'none' }
    return { kind: 'here', session: found.session, stale: this.loading === 'stale' }
  }

  touchSession(id: string): void {
    this.calls.push('touch')
    this.real.touchSession(id)
  }

  createSession(id?: string): DeltaSession {
    this.calls.push('create')
    return this.real.createSession(id)
  }

  replaceSession(old: DeltaSession, id?: string): DeltaSession {
    this.calls.push('replace')
    return this.real.replaceSession(old, id)
  }

  requestCompleted(session: DeltaSession, acknowledge?: AcknowledgementLevel): Commit {
    this.calls.push('commit')
    this.levels.push(acknowledge)
    if (this.failure) throw this.failure
    const commit = this.real.requestCompleted(session, acknowledge)
    const held = commit.changed ? this.#held.shift() : undefined
    return held ? { ...commit, acknowledged: held.acknowledged } : commit
  }

  /** The attributes that this node has for `id`. */
  attributes(id: string): Record<string, unknown> | undefined {
    const found = this.real.findSession(id)
    if (found.kind !== 'here') return undefined
    const { session } = found
    return Object.fromEntries(session.attributeNames().map(name => [name, session.getAttribute(name)]))
  }
}
