import type { CookieSettings, SameSite } from './cookie-options.js'

/** Fields that differ from the valve's options: these travel with the session. */
export type CookieOverrides = Partial<CookieSettings>

/** `req.session.cookie`: this session's own cookie settings. What is assigned here travels with the session. */
export class SessionCookie implements CookieSettings {
  path: string
  domain: string | undefined
  httpOnly: boolean
  sameSite: SameSite | boolean
  secure: boolean | 'auto'
  /**
   * Milliseconds, counted anew from each answer that carries the cookie; null: until the browser is closed. Setting it also sets how long the
   * session may be idle.
   */
  maxAge: number | null

  constructor(settings: CookieSettings) {
    this.path = settings.path
    this.domain = settings.domain
    this.httpOnly = settings.httpOnly
    this.sameSite = settings.sameSite
    this.secure = settings.secure
    this.maxAge = settings.maxAge
  }

  /** As express-session has it. Here `maxAge` does not count down, so the two are one. */
  get originalMaxAge(): number | null {
    return this.maxAge
  }

  set originalMaxAge(milliseconds: number | null) {
    this.maxAge = milliseconds
  }

  /** When a cookie sent now would end; null: with the browser. A date, its ISO text, or null or false may be assigned. */
  get expires(): Date | null {
    return this.maxAge === null ? null : new Date(Date.now() + this.maxAge)
  }

  set expires(at: Date | string | null | false) {
    this.maxAge = at === null || at === false ? null : new Date(at).getTime() - Date.now()
  }
}

export function overridesOf(cookie: CookieSettings, defaults: CookieSettings): CookieOverrides {
  const overrides: CookieOverrides = {}
  if (cookie.path !== defaults.path) overrides.path = cookie.path
  if (cookie.domain !== defaults.domain) overrides.domain = cookie.domain
  if (cookie.httpOnly !== defaults.httpOnly) overrides.httpOnly = cookie.httpOnly
  if (cookie.sameSite !== defaults.sameSite) overrides.sameSite = cookie.sameSite
  if (cookie.secure !== defaults.secure) overrides.secure = cookie.secure
  if (cookie.maxAge !== defaults.maxAge) overrides.maxAge = cookie.maxAge
  return overrides
}

/** Seconds that a session with this cookie may be idle. Never 0, which would mean for ever: a lifetime in the past ends within a second. */
export function idleSecondsOf(maxAgeMs: number): number {
  return Math.max(1, Math.ceil(maxAgeMs / 1000))
}
