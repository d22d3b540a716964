import { assertCookieSetting, type CookieSettings, cookieSettingNames, isCookieSetting } from './cookie-options.js'

/** Fields that differ from the valve's options: these travel with the session. */
export type CookieOverrides = Partial<CookieSettings>

/** Its fields are those of CookieSettings, all enumerable; the constructor makes them. */
export interface SessionCookie extends CookieSettings {}

/**
 * `req.session.cookie`: this session's own cookie settings. What is assigned here travels with the session. Assigning what no browser would accept
 * throws BadCookieOptionError.
 *
 * `maxAge` is counted anew from each answer that carries the cookie; setting it also sets how long the session may be idle.
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the constructor makes what the interface declares
export class SessionCookie {
  static readonly #fields: PropertyDescriptorMap = Object.fromEntries(
    cookieSettingNames.map(name => [name, SessionCookie.#field(name)]),
  )
  readonly #settings: CookieSettings

  constructor(settings: CookieSettings) {
    this.#settings = { ...settings }
    Object.defineProperties(this, SessionCookie.#fields)
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

  static #field(name: keyof CookieSettings): PropertyDescriptor & ThisType<SessionCookie> {
    return {
      enumerable: true,
      get() {
        return this.#settings[name]
      },
      set(given: unknown) {
        const value = name === 'maxAge' && (given === undefined || given === false) ? null : given
        assertCookieSetting(name, value)
        Object.assign(this.#settings, { [name]: value })
      },
    }
  }
}

export function overridesOf(cookie: CookieSettings, defaults: CookieSettings): CookieOverrides {
  const changed = cookieSettingNames.filter(name => cookie[name] !== defaults[name])
  return Object.fromEntries(changed.map(name => [name, cookie[name]]))
}

/** What came with a session may have been written by another version, or by a store: nothing of it goes into a header unread. */
export function soundIn(overrides: CookieOverrides): CookieOverrides {
  const given: object = overrides
  const names = cookieSettingNames.filter(name => Object.hasOwn(given, name) && isCookieSetting(name, overrides[name]))
  return Object.fromEntries(names.map(name => [name, overrides[name]]))
}

/** Seconds that a session with this cookie may be idle. Never 0, which would mean for ever: a lifetime in the past ends within a millisecond. */
export function idleSecondsOf(maxAgeMs: number): number {
  return Math.max(1, maxAgeMs) / 1000
}
