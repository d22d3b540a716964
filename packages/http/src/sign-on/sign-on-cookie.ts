import { cookieValues } from '../cookie/cookie-header.js'
import type { CookieSigner } from '../cookie/cookie-signer.js'
import { clearedCookie, setCookie } from '../cookie/set-cookie.js'

const MAX_SAME_NAME = 4
const MAX_VALUE_CHARACTERS = 256
/** No session's id contains a colon, so that neither cookie can be taken for the other. */
const PURPOSE = 'sign-on:'

export interface SignOnCookieOptions {
  /** @default 'CLOWDERSSO' */
  readonly name: string
  /** Applications on several hosts of one domain need it. Absent: only the host that set it gets it back. */
  readonly domain?: string | undefined
}

export interface NamedEntry {
  readonly entry: string
  /** Signed with a key that signs no more, and may soon be gone. */
  readonly isOutdated: boolean
}

/** The cookie that goes to all applications: `<entry>.<HMAC-SHA256>`, until the browser is closed, for every path, out of reach of scripts. */
export class SignOnCookie {
  readonly #signer: CookieSigner
  readonly #options: SignOnCookieOptions

  constructor(signer: CookieSigner, options: SignOnCookieOptions) {
    this.#signer = signer
    this.#options = options
  }

  /** What has been read so far counts as long as this is the same. */
  get generation(): unknown {
    return this.#signer.generation
  }

  /** What a request names; undefined without a cookie of ours that is signed. */
  read(header: string | undefined): NamedEntry | undefined {
    const prefix = `${this.#options.name}=`
    if (!header?.includes(prefix)) return undefined
    for (const value of cookieValues(header, prefix, MAX_SAME_NAME)) {
      const dot = value.indexOf('.')
      if (dot < 1 || value.length > MAX_VALUE_CHARACTERS) continue
      const entry = value.slice(0, dot)
      const key = this.#signer.signedBy(PURPOSE + entry, value.slice(dot + 1))
      if (key >= 0) return { entry, isOutdated: key > 0 }
    }
    return undefined
  }

  /** The Set-Cookie value. */
  render(entry: string, isSecure: boolean): string {
    return setCookie(this.#options.name, `${entry}.${this.#signer.sign(PURPOSE + entry)}`, this.#settings, isSecure)
  }

  clear(isSecure: boolean): string {
    return clearedCookie(this.#options.name, this.#settings, isSecure)
  }

  get #settings() {
    const { domain } = this.#options
    return {
      path: '/',
      domain,
      httpOnly: true,
      sameSite: 'lax',
      secure: 'auto',
      maxAge: null,
      partitioned: false,
      priority: undefined,
    } as const
  }
}
