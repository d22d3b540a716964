import type { VersionToken } from '@clowder/ha'
import { ByteWriter } from '@clowder/tribes'
import { cookieValues } from './cookie-header.js'
import { idFrom, idText } from './cookie-id.js'
import type { CookieSigner } from './cookie-signer.js'
import { tokenFrom, tokenText } from './token-text.js'
import { type SignedCookie, VerifiedCookies } from './verified-cookies.js'

const REMEMBERED = 10_000
/** Several apps under one domain may use one name; nobody needs more, and each one that is forged costs a signature. */
const MAX_SAME_NAME = 4
/** Id, four writers, signature and route need about 245; longer values are not looked at. */
const MAX_VALUE_CHARACTERS = 512

/** A good cookie and the route that came with it. */
export interface PresentedCookie {
  readonly cookie: SignedCookie
  /** What stands behind the signature: whatever the client likes. */
  readonly route: string | undefined
}

/** `forged`: there was a cookie of our name, and its signature is not ours. It is as if there were none; the client's id is never adopted. */
export type JarReading = PresentedCookie | 'none' | 'forged'

/**
 * Session cookies to text and back:
 *
 *     <id>.<version token>.<HMAC-SHA256 of what stands before>[.<jvmRoute>]
 *
 * all parts base64url, but for ids that the application makes (`idText`). A cookie seen before costs no cryptography, nor does one that this node has signed itself, until the keys change.
 */
export class CookieJar {
  readonly #signer: CookieSigner
  readonly #prefix: string
  readonly #writer = new ByteWriter()
  #verified = new VerifiedCookies(REMEMBERED)
  #generation: unknown

  constructor(signer: CookieSigner, name: string) {
    this.#signer = signer
    this.#prefix = `${name}=`
  }

  /** The first cookie of our name that is good. */
  read(header: string | undefined): JarReading {
    if (header === undefined || !header.includes(this.#prefix)) return 'none'
    let reading: JarReading = 'none'
    for (const value of cookieValues(header, this.#prefix, MAX_SAME_NAME)) {
      const presented = this.#presented(value)
      if (presented) return presented
      if (value !== '') reading = 'forged'
    }
    return reading
  }

  /** `<id>.<token>.<signature>`, of an id that a cookie can carry. `replaced`: the client's cookie until now. */
  sign(id: string, token: VersionToken, replaced?: SignedCookie): string {
    const text = `${idText(id)}.${tokenText(token, this.#writer)}`
    const signed = `${text}.${this.#signer.sign(text)}`
    this.#known().remember({ id, token, signed, isOutdated: false }, replaced)
    return signed
  }

  #presented(value: string): PresentedCookie | undefined {
    if (value.length > MAX_VALUE_CHARACTERS) return undefined
    const tokenAt = value.indexOf('.') + 1
    const signatureAt = value.indexOf('.', tokenAt) + 1
    if (tokenAt < 2 || signatureAt === 0) return undefined
    const end = value.indexOf('.', signatureAt)
    const signed = end === -1 ? value : value.slice(0, end)
    const cookie = this.#known().find(signed) ?? this.#verify(signed, tokenAt, signatureAt)
    return cookie && { cookie, route: end === -1 ? undefined : value.slice(end + 1) }
  }

  #verify(presented: string, tokenAt: number, signatureAt: number): SignedCookie | undefined {
    // A slice would keep the whole Cookie header alive for as long as it is remembered.
    const signed = Buffer.from(presented, 'latin1').toString('latin1')
    const text = signed.slice(0, signatureAt - 1)
    const secret = this.#signer.signedBy(text, signed.slice(signatureAt))
    if (secret === -1) return undefined
    const token = tokenFrom(text.slice(tokenAt, signatureAt - 1))
    if (!token) return undefined
    const cookie = { id: idFrom(text.slice(0, tokenAt - 1)), token, signed, isOutdated: secret > 0 }
    this.#known().remember(cookie)
    return cookie
  }

  /** Forgotten whole when a key was added or removed, or another signs: once in months, and each costs one signature again. */
  #known(): VerifiedCookies {
    const { generation } = this.#signer
    if (generation !== this.#generation) this.#verified = new VerifiedCookies(REMEMBERED)
    this.#generation = generation
    return this.#verified
  }
}
