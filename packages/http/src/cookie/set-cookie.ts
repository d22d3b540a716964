import type { CookieSettings } from './cookie-options.js'

const EPOCH = 'Thu, 01 Jan 1970 00:00:00 GMT'
const MS_PER_SECOND = 1000
const PRIORITIES = { low: 'Low', medium: 'Medium', high: 'High' } as const

/** One Set-Cookie value. Lifetimes go out as Max-Age alone, so that a browser with a wrong clock keeps the cookie as long as everybody else. */
export function setCookie(name: string, value: string, settings: CookieSettings, isSecure: boolean): string {
  const { maxAge } = settings
  const lifetime = maxAge === null ? '' : `; Max-Age=${Math.max(0, Math.ceil(maxAge / MS_PER_SECOND))}`
  return `${name}=${value}${lifetime}${attributesOf(settings, isSecure)}`
}

/** The Set-Cookie value that makes a browser forget: path and domain must be those it was set with. */
export function clearedCookie(name: string, settings: CookieSettings, isSecure: boolean): string {
  return `${name}=; Max-Age=0; Expires=${EPOCH}${attributesOf(settings, isSecure)}`
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
