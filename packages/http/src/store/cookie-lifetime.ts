/** The part of a cookie that says how long its session lives, as express-session and its like write it, or as it comes out of JSON. */
export interface CookieTimes {
  /** When the session ends unless it is used. Null, false or absent: with the browser. */
  readonly expires?: unknown
  /** The milliseconds of which each use gives the session as many again. */
  readonly originalMaxAge?: unknown
  /** The same, in what a program writes by hand. */
  readonly maxAge?: unknown
}

/**
 * - `browser`: as long as the browser is open, which nobody here knows: as long as any session.
 * - `idle`: so many milliseconds after its last use.
 * - `fixed`: in so many milliseconds, however much it is used.
 * - `over`: now.
 */
export type CookieLifetime =
  | { readonly kind: 'browser' }
  | { readonly kind: 'idle' | 'fixed'; readonly ms: number }
  | { readonly kind: 'over' }

/** A request may have taken so long since it gave its cookie the full lifetime: this much of that, and so many milliseconds. */
const LATE_SHARE = 0.1
const LATE_MS = 10

/** `nowMs` is epoch milliseconds, by the clock that `expires` was made by. */
export function lifetimeOf(cookie: CookieTimes, nowMs: number): CookieLifetime {
  const period = periodOf(cookie)
  const expiresMs = timeOf(cookie.expires)
  if (expiresMs === undefined) return period === undefined ? { kind: 'browser' } : lasting('idle', period)
  const leftMs = expiresMs - nowMs
  const isRenewed = period !== undefined && Math.abs(period - leftMs) <= period * LATE_SHARE + LATE_MS
  return isRenewed && leftMs > 0 ? lasting('idle', period) : lasting('fixed', leftMs)
}

function lasting(kind: 'idle' | 'fixed', ms: number): CookieLifetime {
  return ms > 0 ? { kind, ms } : { kind: 'over' }
}

/** Milliseconds. */
export function periodOf({ originalMaxAge, maxAge }: CookieTimes): number | undefined {
  if (isNumber(originalMaxAge)) return originalMaxAge
  return isNumber(maxAge) ? maxAge : undefined
}

/** Epoch milliseconds of a date, or of its text. */
function timeOf(expires: unknown): number | undefined {
  if (expires === null || expires === undefined || typeof expires === 'boolean') return undefined
  const ms = expires instanceof Date ? expires.getTime() : new Date(expires as string | number).getTime()
  return Number.isNaN(ms) ? undefined : ms
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}
