import { hkdfSync, timingSafeEqual } from 'node:crypto'
import { BadSecretsError } from '../errors.js'
import { HmacSha256 } from './hmac-sha256.js'

const KEY_BYTES = 32
/** HMAC-SHA256 in base64url without padding. */
const SIGNATURE_CHARACTERS = 43
const MIN_SECRET_CHARACTERS = 16
/** Keys made for cookies serve nothing else, though other keys may be derived from the same secret. */
const PURPOSE = 'clowder cookie'

/** Keys that may change while they are used: the first signs, all verify. */
export interface CookieKeys {
  /** At least one; the same array until one of them changes. */
  readonly keys: readonly CookieKey[]
}

/** One of them. */
export interface CookieKey {
  /** 32 bytes that serve nothing else. */
  derive(purpose: 'cookie'): Uint8Array
}

/** Signs with the first key and accepts all of them, so that keys can be changed without logging anybody out. */
export class CookieSigner {
  readonly #source: CookieKeys
  #made: CookieKeys['keys'] = []
  #keys: readonly HmacSha256[] = []

  /** Of secrets, or of keys that change. Throws BadSecretsError. */
  constructor(secrets: readonly string[] | CookieKeys) {
    this.#source = isSource(secrets) ? secrets : keysOf(secrets)
    this.#current()
  }

  /** What has been verified so far counts as long as this is the same: any key may be gone when it is another. */
  get generation(): unknown {
    return this.#source.keys
  }

  sign(text: string): string {
    return this.#current()[0]!.sign(text)
  }

  /** The place in the list of the key that signed `text` so, or -1. Takes the same time wherever the signatures differ. */
  signedBy(text: string, signature: string): number {
    if (signature.length !== SIGNATURE_CHARACTERS) return -1
    const presented = Buffer.from(signature)
    if (presented.length !== SIGNATURE_CHARACTERS) return -1
    return this.#current().findIndex(key => timingSafeEqual(presented, Buffer.from(key.sign(text))))
  }

  /** A key is padded once, not for every signature. */
  #current(): readonly HmacSha256[] {
    const { keys } = this.#source
    if (keys !== this.#made) {
      this.#made = keys
      this.#keys = keys.map(key => new HmacSha256(key.derive('cookie')))
    }
    return this.#keys
  }
}

function isSource(secrets: readonly string[] | CookieKeys): secrets is CookieKeys {
  return Array.isArray((secrets as CookieKeys | undefined)?.keys)
}

function keysOf(secrets: readonly string[]): CookieKeys {
  if (!Array.isArray(secrets) || secrets.length === 0 || !secrets.every(isSecret))
    throw new BadSecretsError(MIN_SECRET_CHARACTERS)
  return {
    keys: secrets.map(secret => ({
      derive: () => new Uint8Array(hkdfSync('sha256', secret, '', PURPOSE, KEY_BYTES)),
    })),
  }
}

function isSecret(secret: unknown): boolean {
  return typeof secret === 'string' && secret.length >= MIN_SECRET_CHARACTERS
}
