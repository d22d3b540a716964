import type { ServerResponse } from 'node:http'

const SET_COOKIE = 'set-cookie'

type HeaderValue = number | string | readonly string[] | undefined

/**
 * Adds `cookies` to those that the application sends, and returns the arguments for `writeHead`: a Set-Cookie among its headers would replace those set
 * before, ours too, so it is extended instead.
 */
export function addSetCookie(res: ServerResponse, writeHeadArgs: unknown[], cookies: readonly string[]): unknown[] {
  const at = typeof writeHeadArgs[1] === 'string' || writeHeadArgs[2] ? 2 : 1
  const headers = writeHeadArgs[at]
  const extended = typeof headers === 'object' && headers !== null ? withCookies(headers, cookies) : undefined
  if (!extended) {
    res.setHeader('Set-Cookie', joined(res.getHeader('Set-Cookie'), cookies))
    return writeHeadArgs
  }
  return writeHeadArgs.with(at, extended)
}

/** Undefined when there is no Set-Cookie among `headers`. */
function withCookies(headers: object, cookies: readonly string[]): object | undefined {
  if (Array.isArray(headers)) return withCookiesInList(headers, cookies)
  const name = Object.keys(headers).find(isSetCookie)
  return name === undefined
    ? undefined
    : { ...headers, [name]: joined(Reflect.get(headers, name) as HeaderValue, cookies) }
}

/** Node takes `[name, value, name, value]` and `[[name, value], [name, value]]`. */
function withCookiesInList(headers: unknown[], cookies: readonly string[]): unknown[] | undefined {
  if (Array.isArray(headers[0])) {
    const pairs = cookies.map(cookie => ['Set-Cookie', cookie])
    return headers.some(pair => isSetCookie((pair as unknown[])[0])) ? [...headers, ...pairs] : undefined
  }
  return headers.some((name, i) => i % 2 === 0 && isSetCookie(name))
    ? [...headers, ...cookies.flatMap(cookie => ['Set-Cookie', cookie])]
    : undefined
}

function isSetCookie(name: unknown): boolean {
  return typeof name === 'string' && name.toLowerCase() === SET_COOKIE
}

/** One alone is no list: Node takes longer over those. */
function joined(present: HeaderValue, cookies: readonly string[]): string | string[] {
  if (present === undefined) return cookies.length === 1 ? cookies[0]! : [...cookies]
  return Array.isArray(present) ? [...present, ...cookies] : [String(present), ...cookies]
}
