import type { CookieSettings } from './cookie-options.js'

const EPOCH = 'Thu, 01 Jan 1970 00:00:00 GMT'
const MS_PER_SECOND = 1000
/** The last moment whose year has four digits. */
const END_OF_DATES = Date.UTC(9999, 11, 31, 23, 59, 59)
const PRIORITIES = { low: 'Low', medium: 'Medium', high: 'High' } as const

/**
 * One Set-Cookie value. A lifetime goes out as Max-Age, which every browser prefers, so that one with a wrong clock keeps the cookie as long as everybody else; and as Expires, for
 * programs that know nothing else, or were written for express-session.
 */
export function setCookie(name: string, value: string, settings: CookieSettings, isSecure: boolean): string {
  const { maxAge } = settings
  const lifetime = maxAge === null ? '' : lifetimeOf(maxAge)
  return `${name}=${value}${lifetime}${attributesOf(settings, isSecure)}`
}

/** The Set-Cookie value that makes a browser forget: path and domain must be those it was set with. */
export function clearedCookie(name: string, settings: CookieSettings, isSecure: boolean): string {
  return `${name}=; Max-Age=0; Expires=${EPOCH}${attributesOf(settings, isSecure)}`
}

function lifetimeOf(maxAgeMs: number): string {
  const seconds = Math.max(0, Math.ceil(maxAgeMs / MS_PER_SECOND))
  const at = Math.min(Math.max(0, Date.now() + maxAgeMs), END_OF_DATES)
  return `; Max-Age=${seconds}; Expires=${new Date(at).toUTCString()}`
}

function attributesOf(settings: CookieSettings, isSecure: boolean): string {
  const { path, domain, httpOnly, priority } = settings
  const secure = settings.secure === 'auto' ? isSecure : settings.secure
  const sameSite = sameSiteText(settings.sameSite, secure)
  return (
    `; Path=${path}` +
    (domain ? `; Domain=${domain}` : '') +
    (httpOnly ? '; HttpOnly' : '') +
    (secure ? '; Secure' : '') +
    (sameSite ? `; SameSite=${sameSite}` : '') +
    // Browsers drop a partitioned cookie that is not secure.
    (settings.partitioned && secure ? '; Partitioned' : '') +
    (priority ? `; Priority=${PRIORITIES[priority]}` : '')
  )
}

function sameSiteText(sameSite: CookieSettings['sameSite'], isSecure: boolean): string {
  switch (sameSite) {
    case 'lax':
      return 'Lax'
    case true:
    case 'strict':
      return 'Strict'
    case 'none':
      return 'None'
    case 'auto':
      return isSecure ? 'None' : 'Lax'
    case false:
      return ''
  }
}
