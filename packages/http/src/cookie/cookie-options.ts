import { BadCookieOptionError } from '../errors.js'

export type SameSite = 'lax' | 'strict' | 'none'

export interface CookieOptions {
  /** @default 'clowder.sid' */
  readonly name?: string | undefined
  /** @default '/' */
  readonly path?: string | undefined
  /** Absent: only the host that set it gets it back. */
  readonly domain?: string | undefined
  /** @default true */
  readonly httpOnly?: boolean | undefined
  /** True is 'strict'; false leaves the choice to the browser. @default 'lax' */
  readonly sameSite?: SameSite | boolean | undefined
  /** 'auto': when the request came encrypted (see `trustProxy`). True: always, whatever this hop looks like. @default 'auto' */
  readonly secure?: boolean | 'auto' | undefined
  /** Milliseconds; also the time that a session may be idle. Absent or null: until the browser is closed. */
  readonly maxAge?: number | null | undefined
}

/** What of a cookie may differ from session to session. */
export interface CookieSettings {
  path: string
  domain: string | undefined
  httpOnly: boolean
  sameSite: SameSite | boolean
  secure: boolean | 'auto'
  /** Milliseconds from the answer that carries the cookie; null: until the browser is closed. */
  maxAge: number | null
}

export interface ResolvedCookieOptions extends Readonly<CookieSettings> {
  readonly name: string
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const ATTRIBUTE_VALUE = /^[\x20-\x3a\x3c-\x7e]*$/
const SAME_SITES = new Set<unknown>(['lax', 'strict', 'none', true, false])

/** Throws BadCookieOptionError for what a browser would refuse or misread. */
export function resolveCookieOptions(given: CookieOptions = {}): ResolvedCookieOptions {
  const options: ResolvedCookieOptions = {
    name: given.name ?? 'clowder.sid',
    path: given.path ?? '/',
    domain: given.domain,
    httpOnly: given.httpOnly ?? true,
    sameSite: given.sameSite ?? 'lax',
    secure: given.secure ?? 'auto',
    maxAge: given.maxAge ?? null,
  }
  assertWellFormed(options)
  assertConsistent(options)
  return options
}

function assertWellFormed({ name, path, domain, sameSite, secure, maxAge }: ResolvedCookieOptions): void {
  const refuse = (option: string, value: unknown, allowed: string) => {
    throw new BadCookieOptionError(option, value, allowed)
  }
  if (!TOKEN.test(name)) refuse('name', name, 'letters, digits and - _ . are safe')
  if (!path.startsWith('/') || !ATTRIBUTE_VALUE.test(path)) refuse('path', path, 'it begins with / and has no ;')
  if (domain !== undefined && !/^[A-Za-z0-9.-]+$/.test(domain)) refuse('domain', domain, 'give a host name')
  if (!SAME_SITES.has(sameSite)) refuse('sameSite', sameSite, "give 'lax', 'strict', 'none', true or false")
  if (secure !== 'auto' && typeof secure !== 'boolean') refuse('secure', secure, "give true, false or 'auto'")
  if (maxAge !== null && !(maxAge > 0 && maxAge < Number.MAX_SAFE_INTEGER)) {
    refuse('maxAge', maxAge, 'give milliseconds above 0, or null for a cookie that ends with the browser')
  }
}

function assertConsistent({ name, path, domain, sameSite, secure }: ResolvedCookieOptions): void {
  if (sameSite === 'none' && secure === false) {
    throw new BadCookieOptionError('sameSite', sameSite, "browsers drop it unless cookie.secure is true or 'auto'")
  }
  if (/^__(Host|Secure)-/.test(name) && secure === false) {
    throw new BadCookieOptionError('name', name, 'browsers drop it unless the cookie is secure')
  }
  if (name.startsWith('__Host-') && (path !== '/' || domain !== undefined)) {
    throw new BadCookieOptionError('name', name, 'browsers drop it unless the path is / and there is no domain')
  }
}
