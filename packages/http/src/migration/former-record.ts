import type { DeltaSession } from '@clowder/ha'
import type { CookieSettings } from '../cookie/cookie-options.js'
import { COOKIE_PROPERTY } from '../session/request-session.js'
import { periodOf } from '../store/cookie-lifetime.js'
import { type CookieRecord, cookieData, plain } from '../store/cookie-record.js'
import type { StoreCookieData } from '../store/store-cookie.js'
import { cookieOf, type SessionRecord } from '../store/stored-session.js'

const MS_PER_SECOND = 1000

/**
 * A session of the former store, as if it had been written now: the time in its cookie is that of its last change there, for stores that are told of each use keep that to themselves.
 * What is the same in JSON as what is here stays what it is here: a Date is not made a text by going to and fro.
 */
export function asTakenIn(theirs: object, ours: object, nowMs: number): object {
  const cookie = cookieOf(theirs)
  const attributes = Object.entries(theirs).map(([name, value]) => {
    const own: unknown = Object.hasOwn(ours, name) ? Reflect.get(ours, name) : undefined
    return [name, isSameJson(own, value) ? own : value]
  })
  return Object.fromEntries([...attributes, ['cookie', cookie && renewed(cookie, nowMs)]])
}

/** The cookie as the former store is to have it. `defaults`: what a session of our own middleware does not say. */
export function cookieFor(delta: DeltaSession, defaults: CookieSettings, nowMs: number): StoreCookieData {
  const own = delta.getProperty(COOKIE_PROPERTY) as Partial<CookieRecord> | null | undefined
  const isWhole = own && Object.hasOwn(own, 'maxAge')
  const record = { ...(isWhole ? {} : resolved(defaults)), ...own } as CookieRecord
  const { maxInactiveInterval, idleTime } = delta
  const leftMs = Math.round(maxInactiveInterval * MS_PER_SECOND - idleTime)
  const ends = maxInactiveInterval > 0 && (record.maxAge !== null || record.isFixed)
  return cookieData(record, ends ? nowMs + leftMs : undefined)
}

/** What the former store is to have. */
export function formerRecord(record: SessionRecord, cookie: StoreCookieData): SessionRecord {
  return { ...record, cookie }
}

/** express-session knows no 'auto' in a cookie that is stored. */
function resolved({ secure, sameSite, maxAge, path, domain, httpOnly, partitioned, priority }: CookieSettings) {
  const own = { path, domain, httpOnly, partitioned, priority, maxAge, secure: secure === true, sameSite }
  return sameSite === 'auto' ? { ...own, sameSite: undefined } : own
}

function renewed(cookie: object, nowMs: number): object {
  const fields = plain(cookie)
  const period = periodOf(fields)
  return { ...fields, expires: period === undefined ? null : new Date(nowMs + period) }
}

function isSameJson(a: unknown, b: unknown): boolean {
  try {
    return JSON.stringify(a) === JSON.stringify(b)
  } catch {
    return false
  }
}
