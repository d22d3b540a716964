import type { ServerResponse } from 'node:http'

const SET_COOKIE = 'set-cookie'

type HeaderValue = number | string | readonly string[] | undefined

/**
 * Adds `cookies` to those that the application sends, and returns the arguments for `writeHead`: a Set-Cookie among its headers would replace those set
 * before, ours too, so it is extended instead.
 */
export function addSetCookie(res: ServerResponse, writeHeadArgs: unknown[], cookies: readonly string[]): unknown[] {
  const at = typeof writeHeadArgs[1] === 'string' || writeHeadArgs[2] ? 2 : 1
  const given = writeHeadArgs[at]
  const headers = Array.isArray(given) ? grouped(given) : given
  const extended = isObject(headers) ? withCookies(headers, cookies) : undefined
  if (extended) return writeHeadArgs.with(at, extended)
  res.setHeader('Set-Cookie', joined(res.getHeader('Set-Cookie'), cookies))
  return headers === given ? writeHeadArgs : writeHeadArgs.with(at, headers)
}

/**
 * Of `[name, value, name, value]` or `[[name, value], [name, value]]` an object with all values of each name. As a list, some versions of Node keep the last value only, or take no pairs at
 * all, as soon as a header has been set before, which ours is. What is no such list is left for Node to refuse.
 */
function grouped(list: readonly unknown[]): unknown {
  const isPaired = Array.isArray(list[0])
  if (!isPaired && list.length % 2 === 1) return list
  const pairs = isPaired ? list : Array.from({ length: list.length / 2 }, (_, i) => list.slice(2 * i, 2 * i + 2))
  const headers: Record<string, unknown> = Object.create(null)
  const names = new Map<string, string>()
  for (const [name, value] of pairs as [unknown, unknown][]) {
    if (typeof name !== 'string') return list
    const key = names.get(name.toLowerCase()) ?? name
    names.set(name.toLowerCase(), key)
    headers[key] = key in headers ? [headers[key], value].flat() : value
  }
  return headers
}

/** Undefined when there is no Set-Cookie among `headers`. */
function withCookies(headers: object, cookies: readonly string[]): object | undefined {
  const name = Object.keys(headers).find(isSetCookie)
  return name === undefined
    ? undefined
    : { ...headers, [name]: joined(Reflect.get(headers, name) as HeaderValue, cookies) }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isSetCookie(name: unknown): boolean {
  return typeof name === 'string' && name.toLowerCase() === SET_COOKIE
}

/** One alone is no list: Node takes longer over those. */
function joined(present: HeaderValue, cookies: readonly string[]): string | string[] {
  if (present === undefined) return cookies.length === 1 ? cookies[0]! : [...cookies]
  return Array.isArray(present) ? [...present, ...cookies] : [String(present), ...cookies]
}
