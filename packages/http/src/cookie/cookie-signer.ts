import { createHmac, createSecretKey, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'
import { BadSecretsError } from '../errors.js'

const KEY_BYTES = 32
/** HMAC-SHA256 in base64url without padding. */
const SIGNATURE_CHARACTERS = 43
const MIN_SECRET_CHARACTERS = 16
/** Keys made for cookies serve nothing else, though other keys may be derived from the same secret. */
const PURPOSE = 'clowder cookie'

/** Signs with the first secret and accepts all of them, so that secrets can be changed without logging anybody out. */
export class CookieSigner {
  readonly #keys: readonly KeyObject[]

  /** Throws BadSecretsError. */
  constructor(secrets: readonly string[]) {
    if (!Array.isArray(secrets) || secrets.length === 0 || !secrets.every(isSecret)) {
      throw new BadSecretsError(MIN_SECRET_CHARACTERS)
    }
    this.#keys = secrets.map(secret =>
      createSecretKey(new Uint8Array(hkdfSync('sha256', secret, '', PURPOSE, KEY_BYTES))),
    )
  }

  sign(text: string): string {
    return signatureOf(text, this.#keys[0]!)
  }

  /** The place in the list of the secret that signed `text` so, or -1. Takes the same time wherever the signatures differ. */
  signedBy(text: string, signature: string): number {
    if (signature.length !== SIGNATURE_CHARACTERS) return -1
    const presented = Buffer.from(signature)
    if (presented.length !== SIGNATURE_CHARACTERS) return -1
    return this.#keys.findIndex(key => timingSafeEqual(presented, Buffer.from(signatureOf(text, key))))
  }
}

function isSecret(secret: unknown): boolean {
  return typeof secret === 'string' && secret.length >= MIN_SECRET_CHARACTERS
}

/** A key made once is not converted for every signature. */
function signatureOf(text: string, key: KeyObject): string {
  return createHmac('sha256', key).update(text).digest('base64url')
}
