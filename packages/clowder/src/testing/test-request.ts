import { type OutgoingHttpHeaders, type RequestListener, Server } from 'node:http'
import { inspect } from 'node:util'
import { BadTestCallError } from './errors.js'

/** An Express app, a connect app, `koa.callback()`, a plain handler; or an `http.Server`, which need not listen (`fastify.server`). */
export type TestApp = RequestListener | Server

/** One request of a client that keeps no cookies. */
export interface TestRequest {
  /** @default 'GET', with a body 'POST' */
  readonly method?: string
  /** Path and query. */
  readonly url: string
  readonly headers?: OutgoingHttpHeaders
  /** Sent besides those in `headers.cookie`. */
  readonly cookies?: Readonly<Record<string, string>>
  /** Text and bytes are sent as they are, URLSearchParams as a form, any other value as JSON; each with its content-type unless `headers` has one. */
  readonly body?: unknown
}

/** A request with everything settled. */
export interface PreparedRequest {
  readonly method: string
  readonly url: string
  readonly headers: OutgoingHttpHeaders
  readonly body: string | Uint8Array | undefined
}

/** Throws BadTestCallError. */
export function prepared(request: TestRequest): PreparedRequest {
  if (typeof request !== 'object' || request === null)
    throw new BadTestCallError(`a request is a url or an object that has one, given ${shown(request)}`)
  const { url, headers = {}, cookies = {} } = request
  if (typeof url !== 'string' || !url.startsWith('/'))
    throw new BadTestCallError(`the url of a request is a path that begins with "/", given ${shown(url)}`)
  const { body, type } = payloadOf(request.body)
  return {
    method: (request.method ?? (body === undefined ? 'GET' : 'POST')).toUpperCase(),
    url,
    headers: {
      host: 'localhost',
      ...(type !== undefined && { 'content-type': type }),
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
      ...lowerCased(headers),
      ...cookieHeader(headers, cookies),
    },
    body,
  }
}

export function isTestApp(value: unknown): value is TestApp {
  return typeof value === 'function' || value instanceof Server
}

interface Payload {
  readonly body: string | Uint8Array | undefined
  readonly type?: string
}

function payloadOf(body: unknown): Payload {
  if (body === undefined) return { body: undefined }
  if (typeof body === 'string') return { body, type: 'text/plain; charset=utf-8' }
  if (body instanceof Uint8Array) return { body, type: 'application/octet-stream' }
  if (body instanceof URLSearchParams) return { body: body.toString(), type: 'application/x-www-form-urlencoded' }
  const json: string | undefined = JSON.stringify(body)
  if (json === undefined) throw new BadTestCallError(`a ${typeof body} cannot be the body of a request`)
  return { body: json, type: 'application/json' }
}

function lowerCased(headers: OutgoingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function cookieHeader(headers: OutgoingHttpHeaders, cookies: Readonly<Record<string, string>>): OutgoingHttpHeaders {
  const given = lowerCased(headers).cookie
  const pairs = [...(given === undefined ? [] : [given]), ...Object.entries(cookies).map(pair => pair.join('='))]
  return pairs.length === 0 ? {} : { cookie: pairs.join('; ') }
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  return inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY })
}
