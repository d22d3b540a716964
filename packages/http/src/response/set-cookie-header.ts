import type { ServerResponse } from 'node:http'

const SET_COOKIE = 'set-cookie'

type HeaderValue = number | string | readonly string[] | undefined

/**
 * Adds `cookie` to those that the application sends, and returns the arguments for `writeHead`: a Set-Cookie among its headers would replace those set
 * before, ours too, so it is extended instead.
 */
export function addSetCookie(res: ServerResponse, writeHeadArgs: unknown[], cookie: string): unknown[] {
  const at = typeof writeHeadArgs[1] === 'string' || writeHeadArgs[2] ? 2 : 1
  const headers = writeHeadArgs[at]
  const extended = typeof headers === 'object' && headers !== null ? withCookie(headers, cookie) : undefined
  if (!extended) {
    res.setHeader('Set-Cookie', joined(res.getHeader('Set-Cookie'), cookie))
    return writeHeadArgs
  }
  return writeHeadArgs.with(at, extended)
}

/** Undefined when there is no Set-Cookie among `headers`. */
function withCookie(headers: object, cookie: string): object | undefined {
  if (Array.isArray(headers)) return withCookieInList(headers, cookie)
  const name = Object.keys(headers).find(isSetCookie)
  return name === undefined
    ? undefined
    : { ...headers, [name]: joined(Reflect.get(headers, name) as HeaderValue, cookie) }
}

/** Node takes `[name, value, name, value]` and `[[name, value], [name, value]]`. */
function withCookieInList(headers: unknown[], cookie: string): unknown[] | undefined {
  if (Array.isArray(headers[0])) {
    return headers.some(pair => isSetCookie((pair as unknown[])[0])) ? [...headers, ['Set-Cookie', cookie]] : undefined
  }
  return headers.some((name, i) => i % 2 === 0 && isSetCookie(name)) ? [...headers, 'Set-Cookie', cookie] : undefined
}

function isSetCookie(name: unknown): boolean {
  return typeof name === 'string' && name.toLowerCase() === SET_COOKIE
}

function joined(present: HeaderValue, cookie: string): string[] {
  if (present === undefined) return [cookie]
  return Array.isArray(present) ? [...present, cookie] : [String(present), cookie]
}
