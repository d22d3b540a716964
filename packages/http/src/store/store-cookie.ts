import type { CookieTimes } from './cookie-lifetime.js'

/** What Set-Cookie is made of, besides name and value. */
export interface StoreCookieData extends CookieTimes {
  originalMaxAge: number | null
  expires: Date | null
  httpOnly?: boolean
  path?: string
  domain?: string
  secure?: boolean | 'auto'
  sameSite?: boolean | 'lax' | 'strict' | 'none'
  partitioned?: boolean
  priority?: 'low' | 'medium' | 'high'
}

/**
 * `req.session.cookie` of a session that this store has loaded: what express-session's own Cookie does, down to the fields that are seen when it is logged.
 * `originalMaxAge` follows whatever is assigned to `expires` or `maxAge`; each use of the session sets `maxAge` to it again.
 */
export class StoreCookie {
  path = '/'
  httpOnly = true
  originalMaxAge: number | null = null
  declare partitioned?: boolean
  declare priority?: 'low' | 'medium' | 'high'
  declare secure?: boolean | 'auto'
  declare domain?: string
  declare sameSite?: boolean | 'lax' | 'strict' | 'none'
  _expires: Date | null | false = null

  /** `settings` may be what came out of JSON, or a cookie of another class. */
  constructor(settings: Readonly<Record<string, unknown>>) {
    for (const name in settings) if (name !== 'data') Reflect.set(this, name, settings[name])
    if (typeof settings.expires === 'string') this.expires = new Date(settings.expires)
    this.originalMaxAge = (settings.originalMaxAge ?? this.maxAge) as number | null
  }

  get expires(): Date | null | false {
    return this._expires
  }

  set expires(at: Date | null | false) {
    this._expires = at
    this.originalMaxAge = this.maxAge
  }

  /** Milliseconds that are left; null: until the browser is closed. */
  get maxAge(): number | null {
    const { _expires: at } = this
    return at instanceof Date ? at.getTime() - Date.now() : (at as null)
  }

  set maxAge(ms: number | Date | null) {
    if (ms && typeof ms !== 'number' && !(ms instanceof Date)) throw new TypeError('maxAge must be a number or Date')
    this.expires = typeof ms === 'number' ? new Date(Date.now() + ms) : ms
  }

  /** What express-session makes Set-Cookie of. */
  get data() {
    return {
      originalMaxAge: this.originalMaxAge,
      partitioned: this.partitioned,
      priority: this.priority,
      expires: this._expires,
      secure: this.secure,
      httpOnly: this.httpOnly,
      domain: this.domain,
      path: this.path,
      sameSite: this.sameSite,
    }
  }

  toJSON() {
    return this.data
  }

  /** A Set-Cookie value. */
  serialize(name: string, value: string): string {
    const { domain, path, httpOnly, secure, partitioned, priority, sameSite } = this
    const sameSiteName = sameSite === true ? 'strict' : sameSite
    return [
      `${name}=${encodeURIComponent(value)}`,
      domain && `Domain=${domain}`,
      path && `Path=${path}`,
      this._expires && `Expires=${this._expires.toUTCString()}`,
      httpOnly && 'HttpOnly',
      secure && 'Secure',
      partitioned && 'Partitioned',
      priority && `Priority=${capitalized(priority)}`,
      sameSiteName && `SameSite=${capitalized(sameSiteName)}`,
    ]
      .filter(Boolean)
      .join('; ')
  }
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
