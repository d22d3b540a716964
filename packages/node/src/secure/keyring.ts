import { KeyRemovedError, UnknownKeyError } from './keyring-errors.js'
import {
  effectiveState,
  isSameRing,
  type KeyState,
  liveKeys,
  mergeRings,
  type Ring,
  ringOf,
  toldPart,
  usingKey,
  withKey,
  without,
} from './ring.js'
import { SecretKey } from './secret-key.js'

/** A key as people see it. */
export interface KeySummary {
  /** 16 hexadecimal digits. */
  readonly id: string
  /** `current`: what is said is said with it. `retired`: understood from members that know no other. `removed`: understood no more. */
  readonly state: 'current' | KeyState
}

/** The secrets of one cluster: what is said is said with the current one, and all are understood. They change while the cluster works, so ask at the moment of use. */
export class Keyring {
  readonly clusterName: string
  readonly #listeners = new Set<() => void>()
  #ring: Ring
  #keys: readonly SecretKey[]

  /** At least one secret; each at least 32 bytes, which the options have seen to. */
  constructor(clusterName: string, secrets: readonly string[]) {
    this.clusterName = clusterName
    this.#ring = ringOf(secrets.map(secret => new SecretKey(secret, clusterName)))
    this.#keys = liveKeys(this.#ring)
  }

  /** What is said now is said with this one. */
  get current(): SecretKey {
    return this.#keys[0]!
  }

  /** All that are understood: the current one first, the retired last. The same array until one of them changes. */
  get keys(): readonly SecretKey[] {
    return this.#keys
  }

  find(id: string): SecretKey | undefined {
    return this.#keys.find(key => key.id === id)
  }

  /** Removed ones too; no secrets. */
  list(): readonly KeySummary[] {
    const live = new Set(this.#keys.map(key => key.id))
    const removed = [...this.#ring.keys()].filter(id => !live.has(id))
    return [...live, ...removed].map(id => ({ id, state: this.#stateOf(id) }))
  }

  /** What other members are to know. */
  get told(): Ring {
    return toldPart(this.#ring)
  }

  /** The new key's id. Throws KeyRemovedError and TooManyKeysError. */
  add(secret: string): string {
    const key = new SecretKey(secret, this.clusterName)
    this.#become(withKey(this.#ring, key))
    return key.id
  }

  /** Has others told of a key that may stand in this member's options only. Throws UnknownKeyError and KeyRemovedError. */
  share(id: string): void {
    this.#become(withKey(this.#ring, this.find(id) ?? this.#gone(id)))
  }

  /** Throws UnknownKeyError and KeyRemovedError. */
  use(id: string, nowMs: number): void {
    this.#become(usingKey(this.#ring, id, nowMs))
  }

  /** From now on only for those who know no other. Throws UnknownKeyError and KeyInUseError. */
  retire(id: string, nowMs: number): void {
    this.#become(without(this.#ring, id, 'retired', nowMs))
  }

  /** For ever, and the secret is forgotten. Throws UnknownKeyError and KeyInUseError. */
  remove(id: string, nowMs: number): void {
    this.#become(without(this.#ring, id, 'removed', nowMs))
  }

  /** Whether whoever has told `other` knows all that is told here. */
  isKnownTo(other: Ring): boolean {
    return isSameRing(this.told, other)
  }

  /** Takes in what another member has told. True when there was news. */
  merge(other: Ring): boolean {
    return this.#become(mergeRings(this.#ring, other))
  }

  /** Calls `listener` after every change, until the function that this returns is called. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #stateOf(id: string): KeySummary['state'] {
    return id === this.current.id ? 'current' : effectiveState(this.#ring, id)
  }

  #gone(id: string): never {
    throw this.#ring.has(id) ? new KeyRemovedError(id) : new UnknownKeyError(id)
  }

  #become(ring: Ring): boolean {
    if (isSameRing(ring, this.#ring)) return false
    this.#ring = ring
    const keys = liveKeys(ring)
    if (keys.length !== this.#keys.length || keys.some((key, i) => key.id !== this.#keys[i]!.id)) this.#keys = keys
    for (const listener of this.#listeners) listener()
    return true
  }
}
