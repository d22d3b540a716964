import { hkdfSync } from 'node:crypto'

/** What a key is for. Nothing else is ever made of a secret. */
export type KeyPurpose = 'key id' | 'stream' | 'datagram' | 'cookie' | 'log'

const KEY_BYTES = 32
export const KEY_ID_BYTES = 8

/** What one secret gives in one cluster: a key for each purpose, made when it is first asked for. The secret itself is not shown by `inspect` or JSON. */
export class SecretKey {
  /** Public: 16 hexadecimal digits, which name the secret and say nothing of it. */
  readonly id: string
  readonly #secret: string
  readonly #clusterName: string
  readonly #derived = new Map<KeyPurpose, Buffer>()

  constructor(secret: string, clusterName: string) {
    this.#secret = secret
    this.#clusterName = clusterName
    this.id = this.derive('key id').toString('hex', 0, KEY_ID_BYTES)
  }

  /** 32 bytes, the same at each call. */
  derive(purpose: KeyPurpose): Buffer {
    let key = this.#derived.get(purpose)
    if (!key) {
      const info = `clowder/1\0${this.#clusterName}\0${purpose}`
      key = Buffer.from(hkdfSync('sha256', this.#secret, '', info, KEY_BYTES))
      this.#derived.set(purpose, key)
    }
    return key
  }

  /** The secret itself, for one thing only: telling it to a member that has proved that it knows another one. */
  reveal(): string {
    return this.#secret
  }
}
