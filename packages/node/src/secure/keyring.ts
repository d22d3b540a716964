import { SecretKey } from './secret-key.js'

/** The secrets of one cluster: what is said is said with the first, and all are understood. */
export class Keyring {
  readonly clusterName: string
  #keys: readonly SecretKey[]

  /** At least one secret; each at least 32 bytes, which the options have seen to. */
  constructor(clusterName: string, secrets: readonly string[]) {
    this.clusterName = clusterName
    this.#keys = secrets.map(secret => new SecretKey(secret, clusterName))
  }

  /** What is said now is said with this one. */
  get current(): SecretKey {
    return this.#keys[0]!
  }

  /** All that are understood, the current one first. */
  get keys(): readonly SecretKey[] {
    return this.#keys
  }

  find(id: string): SecretKey | undefined {
    return this.#keys.find(key => key.id === id)
  }
}
