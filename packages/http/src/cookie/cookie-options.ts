import { BadCookieOptionError } from '../errors.js'

/** When the page of another site may cause the cookie to be sent. */
export type SameSite = 'lax' | 'strict' | 'none'
/** Which cookies Chrome drops last. */
export type CookiePriority = 'low' | 'medium' | 'high'

/** How the session cookie is set. */
export interface CookieOptions {
  /** @default 'clowder.sid' */
  readonly name?: string | undefined
  /** @default '/' */
  readonly path?: string | undefined
  /** Absent: only the host that set it gets it back. */
  readonly domain?: string | undefined
  /** @default true */
  readonly httpOnly?: boolean | undefined
  /** True is 'strict'; false leaves the choice to the browser; 'auto' is 'none' where the cookie is secure and else 'lax'. @default 'lax' */
  readonly sameSite?: SameSite | 'auto' | boolean | undefined
  /** 'auto': when the request came encrypted (see `trustProxy`). True: always, whatever this hop looks like. @default 'auto' */
  readonly secure?: boolean | 'auto' | undefined
  /** Milliseconds; also the time that a session may be idle. Absent or null: until the browser is closed. */
  readonly maxAge?: number | null | undefined
  /** True: a page embedded in several sites has one cookie for each (CHIPS). Left out where the cookie is not secure. @default false */
  readonly partitioned?: boolean | undefined
  /** Which cookies a browser drops first when it has too many. */
  readonly priority?: CookiePriority | undefined
}

/** What of a cookie may differ from session to session. */
export interface CookieSettings {
  path: string
  domain: string | undefined
  httpOnly: boolean
  sameSite: SameSite | 'auto' | boolean
  secure: boolean | 'auto'
  /** Milliseconds from the answer that carries the cookie; null: until the browser is closed. */
  maxAge: number | null
  partitioned: boolean
  priority: CookiePriority | undefined
}

export interface ResolvedCookieOptions extends Readonly<CookieSettings> {
  readonly name: string
}

interface Rule {
  readonly accepts: (value: unknown) => boolean
  readonly allowed: string
}

const rules: Readonly<Record<keyof ResolvedCookieOptions, Rule>> = {
  name: { accepts: matches(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/), allowed: 'letters, digits and - _ . are safe' },
  path: { accepts: matches(/^\/[\x20-\x3a\x3c-\x7e]*$/), allowed: 'it begins with / and has no ;' },
  domain: { accepts: orUndefined(matches(/^[A-Za-z0-9.-]+$/)), allowed: 'give a host name' },
  httpOnly: oneOf([true, false]),
  sameSite: oneOf(['lax', 'strict', 'none', 'auto', true, false]),
  secure: oneOf([true, false, 'auto']),
  maxAge: { accepts: isLifetime, allowed: 'give milliseconds, or null for a cookie that ends with the browser' },
  partitioned: oneOf([true, false]),
  priority: oneOf(['low', 'medium', 'high', undefined]),
}

/** The names of the settings, in no particular order. */
export const cookieSettingNames = Object.keys(rules).filter(name => name !== 'name') as (keyof CookieSettings)[]

/** Throws BadCookieOptionError for what a browser would refuse or misread. */
export function resolveCookieOptions(given: CookieOptions = {}): ResolvedCookieOptions {
  const name = given.name ?? 'clowder.sid'
  const options: ResolvedCookieOptions = {
    name,
    path: given.path ?? '/',
    domain: given.domain,
    httpOnly: given.httpOnly ?? true,
    sameSite: given.sameSite ?? 'lax',
    secure: given.secure ?? 'auto',
    maxAge: given.maxAge ?? null,
    partitioned: given.partitioned ?? false,
    priority: given.priority,
  }
  assertWellFormed(options)
  assertConsistent(options)
  // Browsers take a cookie of such a name only when it is secure: no need to look at the connection.
  return isPrefixed(name) ? { ...options, secure: true } : options
}

/** As `defaults`, but for what a function of the application has `given` for one session. Throws BadCookieOptionError. */
export function settingsFor(defaults: ResolvedCookieOptions, given: unknown): CookieSettings {
  if (typeof given !== 'object' || given === null) refuse('cookieFor', given, 'it returns an object of cookie settings')
  for (const name of Object.keys(given as object)) {
    if (!(cookieSettingNames as string[]).includes(name))
      refuse(name, Reflect.get(given as object, name), `settings of one session are ${cookieSettingNames.join(', ')}`)
  }
  const { name: _, ...settings } = resolveCookieOptions({ ...defaults, ...(given as CookieOptions) })
  return settings
}

/** Throws BadCookieOptionError. Lifetimes may lie in the past here: that takes the cookie away. */
export function assertCookieSetting(option: keyof ResolvedCookieOptions, value: unknown): void {
  if (!isCookieSetting(option, value)) refuse(option, value, rules[option].allowed)
}

export function isCookieSetting(option: keyof ResolvedCookieOptions, value: unknown): boolean {
  return rules[option].accepts(value)
}

function assertWellFormed(options: ResolvedCookieOptions): void {
  for (const option of Object.keys(rules) as (keyof ResolvedCookieOptions)[])
    assertCookieSetting(option, options[option])
  const { maxAge } = options
  if (maxAge !== null && maxAge <= 0) refuse('maxAge', maxAge, 'give milliseconds above 0, or null')
}

function assertConsistent({ name, path, domain, sameSite, secure, partitioned }: ResolvedCookieOptions): void {
  if (sameSite === 'none' && secure === false)
    refuse('sameSite', sameSite, "browsers drop it unless cookie.secure is true or 'auto'")
  if (partitioned && secure === false)
    refuse('partitioned', partitioned, "browsers drop it unless cookie.secure is true or 'auto'")
  if (isPrefixed(name) && secure === false) refuse('name', name, 'browsers drop it unless the cookie is secure')
  if (name.startsWith('__Host-') && (path !== '/' || domain !== undefined))
    refuse('name', name, 'browsers drop it unless the path is / and there is no domain')
}

function isPrefixed(name: string): boolean {
  return name.startsWith('__Host-') || name.startsWith('__Secure-')
}

function refuse(option: string, value: unknown, allowed: string): never {
  throw new BadCookieOptionError(option, value, allowed)
}

function matches(pattern: RegExp): (value: unknown) => boolean {
  return value => typeof value === 'string' && pattern.test(value)
}

function orUndefined(accepts: Rule['accepts']): Rule['accepts'] {
  return value => value === undefined || accepts(value)
}

function oneOf(values: readonly unknown[]): Rule {
  const texts = values.filter(value => value !== undefined).map(value => JSON.stringify(value).replaceAll('"', "'"))
  return { accepts: value => values.includes(value), allowed: `give one of ${texts.join(', ')}` }
}

function isLifetime(value: unknown): boolean {
  return value === null || (typeof value === 'number' && Math.abs(value) < Number.MAX_SAFE_INTEGER)
}
