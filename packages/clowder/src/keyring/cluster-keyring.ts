import type { Keyring, KeySummary } from '@clowder/node'
import type { Clock, Logger } from '@clowder/tribes'
import { EventEmitter } from 'eventemitter3'
import { holdProcess } from '../cluster/hold-process.js'
import { BadSecretError, KeyNotHeldError } from '../errors.js'
import type { AwaitedMember, AwaitedMembers } from './awaited-members.js'
import type { RingExchange } from './ring-exchange.js'

export interface ClusterKeyringComponents {
  readonly keyring: Keyring
  readonly exchange: RingExchange
  readonly awaited: AwaitedMembers
  readonly clock: Clock
  readonly logger: Logger
  /** Connections that may have been made under a key that is removed are made anew, in good order. */
  renewConnections(): void
}

/** How a key is removed. */
export interface RemoveKeyOptions {
  /** True: at once, although members are missing; one that knows no other key stays out until it is started with another secret. @default false */
  readonly force?: boolean | undefined
}

/** What `removeKey` has done. */
export interface KeyRemoval {
  /** False: retired for now, and removed on all members once nobody is awaited any more. */
  readonly removed: boolean
  /** Whoever went without a goodbye and may come back knowing no other key. Empty, and not removed: this process has just started, or stood still, and does not know yet who is missing; or somebody has just come, and has not been told yet. */
  readonly awaits: readonly AwaitedMember[]
}

const MIN_SECRET_BYTES = 32
const MAX_SECRET_BYTES = 65_535
/** A member that is present and does not acknowledge for so long is behind by more than this. */
const PATIENCE_MS = 30_000
const TICK_MS = 1_000

const NEWS: Record<KeySummary['state'], string> = {
  current: 'is used from now on',
  accepted: 'is accepted',
  retired: 'is retired: it is still accepted, and nobody who knows another speaks with it',
  removed: 'is removed: whoever knows no other is refused',
}

/** The keys of the cluster, changed while it works: on one member, for all (docs/recipes/rotating-the-secret.md). Keys are named by ids, which are public. */
export class ClusterKeyring {
  readonly events = new EventEmitter<{ keyChanged: (key: KeySummary) => void }>()
  readonly #components: ClusterKeyringComponents
  readonly #forgetKeyring: () => void
  #known: ReadonlyMap<string, KeySummary['state']>
  #tick: ReturnType<Clock['setTimer']> | undefined
  #isStopped = false

  constructor(components: ClusterKeyringComponents) {
    this.#components = components
    this.#known = this.#states()
    this.#forgetKeyring = components.keyring.onChange(() => this.#changed())
  }

  /** Called when the cluster stops. */
  stop(): void {
    this.#isStopped = true
    this.#tick?.cancel()
    this.#forgetKeyring()
    this.#components.exchange.stop()
    this.#components.awaited.stop()
  }

  /** The current one first; no secrets. */
  list(): readonly KeySummary[] {
    return this.#components.keyring.list()
  }

  /**
   * From now on every member accepts it, and none speaks with it yet. Answers its id; adding one twice is the same as adding it once. Throws BadSecretError (`CLOWDER_BAD_SECRET`),
   * TooManyKeysError (`CLOWDER_TOO_MANY_KEYS`) and KeyRemovedError (`CLOWDER_KEY_REMOVED`).
   */
  addKey(secret: string): string {
    const text = typeof secret === 'string' ? secret.trim() : ''
    const bytes = Buffer.byteLength(text)
    if (bytes < MIN_SECRET_BYTES || bytes > MAX_SECRET_BYTES) throw new BadSecretError(MIN_SECRET_BYTES)
    return this.#components.keyring.add(text)
  }

  /**
   * All that is said, and every cookie, is under this key from now on. Waits until every member present has it, so that none is cut off. Rejects with KeyNotHeldError
   * (`CLOWDER_KEY_NOT_HELD`) when one has not acknowledged it within 30 seconds, and then nothing has changed; with UnknownKeyError (`CLOWDER_UNKNOWN_KEY`) and KeyRemovedError.
   */
  async useKey(id: string): Promise<void> {
    const { clock, keyring } = this.#components
    keyring.share(id)
    const lacking = await this.#held()
    if (lacking.length > 0) throw new KeyNotHeldError(id, lacking)
    keyring.use(id, clock.wallTime())
    await this.#held()
  }

  /**
   * Whoever knows this key alone is refused from now on, and cookies under it are not ours. As long as somebody is missing who went without a goodbye and may know no other, it is only retired.
   * Rejects with KeyInUseError (`CLOWDER_KEY_IN_USE`) and UnknownKeyError.
   */
  async removeKey(id: string, { force = false }: RemoveKeyOptions = {}): Promise<KeyRemoval> {
    const { awaited, clock, keyring } = this.#components
    // Who is about to acknowledge another key is no reason to retire this one first.
    if (!force && awaited.isNobody) await this.#held()
    const awaits = force ? [] : awaited.list()
    if (force || this.#isKnownToAll) keyring.remove(id, clock.wallTime())
    else keyring.retire(id, clock.wallTime())
    await this.#held()
    this.#removeRetired()
    await this.#held()
    return { removed: this.#states().get(id) === 'removed', awaits }
  }

  #held() {
    return holdProcess(this.#components.exchange.untilHeld(PATIENCE_MS))
  }

  #states(): ReadonlyMap<string, KeySummary['state']> {
    return new Map(this.#components.keyring.list().map(({ id, state }) => [id, state]))
  }

  /** Here or elsewhere, something was done with a key. */
  #changed(): void {
    const before = this.#known
    this.#known = this.#states()
    for (const [id, state] of this.#known) {
      const isNews = state !== before.get(id) && (state !== 'removed' || before.has(id))
      if (isNews) this.#tell({ id, state })
    }
    const isAnyGone = [...this.#known].some(([id, state]) => state === 'removed' && isLive(before.get(id)))
    if (isAnyGone) void this.#renewConnections()
    this.#tickLater()
  }

  #tell(key: KeySummary): void {
    this.#components.logger.info({ key }, `Key ${key.id} ${NEWS[key.state]}.`)
    this.events.emit('keyChanged', key)
  }

  /** When the others know of it: over what was made before they are told in good order. The next word brings a new connection. */
  async #renewConnections(): Promise<void> {
    const { exchange, renewConnections } = this.#components
    await exchange.untilHeld(PATIENCE_MS)
    if (this.#isStopped) return
    renewConnections()
    exchange.tellAll()
  }

  #tickLater(): void {
    this.#tick?.cancel()
    const isAnyRetired = [...this.#known.values()].includes('retired')
    if (!isAnyRetired || this.#isStopped) return
    this.#tick = this.#components.clock.setTimer(TICK_MS, () => {
      this.#removeRetired()
      this.#tickLater()
    })
  }

  /** Nobody is away, and who is present has been told: who has just come may go again before it is, and would know no other key than the one that is to be removed. */
  get #isKnownToAll(): boolean {
    const { awaited, exchange } = this.#components
    return awaited.isNobody && exchange.lacking.length === 0
  }

  #removeRetired(): void {
    const { clock, keyring } = this.#components
    if (!this.#isKnownToAll) return
    for (const [id, state] of this.#known) if (state === 'retired') keyring.remove(id, clock.wallTime())
  }
}

function isLive(state: KeySummary['state'] | undefined): boolean {
  return state !== undefined && state !== 'removed'
}
