import { periodOf } from './cookie-lifetime.js'
import type { StoreCookieData } from './store-cookie.js'

const FIELDS = ['path', 'domain', 'httpOnly', 'secure', 'sameSite', 'partitioned', 'priority'] as const

/**
 * A cookie as it travels with its session: without the time at which it ends, which moves with every use and follows from the session's last use. So a session whose cookie was
 * only renewed has not changed. The valve's faces understand it too.
 */
export interface CookieRecord extends Readonly<Partial<Record<(typeof FIELDS)[number], unknown>>> {
  readonly maxAge: number | null
  /** The session ends at a time that its use does not move. */
  readonly isFixed?: true
}

/** Renewing a cookie may change its `originalMaxAge` by a millisecond or two, for its setter asks the clock twice. That is no change. */
const JITTER_MS = 10

/** Otherwise its session ends with the browser, or, of a cookie that another face has written, as that face's options say. */
export function saysWhen({ maxAge, isFixed }: CookieRecord): boolean {
  return typeof maxAge === 'number' || isFixed === true
}

export function cookieRecord(given: object, isFixed: boolean, former: CookieRecord | undefined): CookieRecord {
  const cookie = plain(given)
  const kept = FIELDS.flatMap(name =>
    cookie[name] === undefined || cookie[name] === null ? [] : [[name, cookie[name]]],
  )
  const record = { ...Object.fromEntries(kept), maxAge: steady(periodOf(cookie) ?? null, former?.maxAge) }
  return isFixed ? { ...record, isFixed } : record
}

/** `expiresMs`: epoch milliseconds; undefined: with the browser. */
export function cookieData(record: CookieRecord | undefined, expiresMs: number | undefined): StoreCookieData {
  const { maxAge = null, isFixed: _, ...fields } = record ?? { path: '/', httpOnly: true }
  const expires = expiresMs === undefined ? null : new Date(expiresMs)
  return { originalMaxAge: maxAge, expires, ...(fields as Partial<StoreCookieData>) }
}

/** Frameworks give an object of a class of their own, whose fields are found by what it makes of itself for JSON. */
export function plain(cookie: object): Readonly<Record<string, unknown>> {
  const { toJSON } = cookie as { toJSON?: unknown }
  return (typeof toJSON === 'function' ? toJSON.call(cookie) : cookie) as Readonly<Record<string, unknown>>
}

function steady(maxAge: number | null, former: number | null | undefined): number | null {
  const isNearly = typeof maxAge === 'number' && typeof former === 'number' && Math.abs(maxAge - former) <= JITTER_MS
  return isNearly ? former : maxAge
}
