import { once } from 'node:events'
import { createServer, type IncomingMessage, request as openRequest, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { SuiteSite } from './suite-sites.js'

/** `req.session`, as whoever knows express-session uses it. */
interface SuiteSession {
  [attribute: string]: unknown
  readonly id: string
  cookie: {
    maxAge: number | null
    expires: Date | string | null | false
    originalMaxAge: number | null
    secure: boolean | 'auto'
    httpOnly: boolean
  }
  regenerate(done: (error?: Error) => void): unknown
  destroy(done: (error?: Error) => void): unknown
  reload(done: (error?: Error) => void): unknown
  save(done: (error?: Error) => void): unknown
  touch(): unknown
}

type SuiteRequest = Omit<IncomingMessage, 'session' | 'sessionID'> & {
  session: SuiteSession
  sessionID: unknown
  originalUrl?: string
  secure?: boolean | undefined
  secret?: string
  cookies?: Readonly<Record<string, string>>
  signedCookies?: Readonly<Record<string, string>>
}

export type SuiteHandler = (req: SuiteRequest, res: ServerResponse) => unknown
export type SuiteMiddleware = (req: never, res: never, next: (error?: unknown) => void) => void

/** Those of express-session. */
export interface SuiteOptions {
  readonly secret?: string | Buffer | readonly string[] | undefined
  readonly name?: string
  readonly key?: string
  readonly cookie?: object
  readonly genid?: unknown
  readonly proxy?: boolean
  readonly resave?: boolean
  readonly rolling?: boolean
  readonly saveUninitialized?: boolean
  readonly unset?: unknown
}

/** What a request was answered, and the cookie of the session among it. */
export interface SuiteAnswer {
  readonly status: number
  readonly text: string
  readonly headers: IncomingMessage['headers']
  readonly setCookies: readonly string[]
  /** Undefined: none was set. */
  readonly cookie: ReadCookie | undefined
}

export interface ReadCookie {
  readonly name: string
  readonly value: string
  /** By their names in small letters; '' for those without a value. */
  readonly attributes: Readonly<Record<string, string>>
}

/** One application on every node of a site. Each request goes to the next of them. */
export class SuiteServer {
  /** What the middleware passed on when the answer had begun. */
  readonly errors: unknown[] = []
  readonly cookieName: string
  readonly #servers: readonly Server[]
  #turn = 0

  constructor(site: SuiteSite, options: SuiteOptions, respond: SuiteHandler, setup?: SuiteHandler) {
    this.cookieName = site.cookieName(options)
    this.#servers = site.middlewares(options).map(middleware =>
      createServer((req, res) => {
        setup?.(req as never, res)
        middleware(req as never, res as never, error => {
          if (error) return this.#failed(error, res)
          // As Express does.
          Promise.resolve()
            .then(() => respond(req as never, res))
            .catch(thrown => this.#failed(thrown, res))
        })
      }),
    )
  }

  async listen(): Promise<void> {
    for (const server of this.#servers) await once(server.listen(0, '127.0.0.1'), 'listening')
  }

  close(): void {
    for (const server of this.#servers) {
      server.close()
      server.closeAllConnections()
    }
  }

  #failed(error: unknown, res: ServerResponse): void {
    if (res.headersSent) return void this.errors.push(error)
    res.statusCode = 500
    res.end((error as Error).message)
  }

  /** A browser without cookies. */
  visitor(): Visitor {
    return new Visitor(this)
  }

  async ask(path: string, headers: Readonly<Record<string, string>>, method = 'GET'): Promise<SuiteAnswer> {
    const { port } = this.#servers[this.#turn++ % this.#servers.length]!.address() as AddressInfo
    const request = openRequest({ host: '127.0.0.1', port, path, headers, method, agent: false })
    const [response] = (await once(request.end(), 'response')) as [IncomingMessage]
    let text = ''
    for await (const part of response.setEncoding('utf8')) text += part
    const setCookies = response.headers['set-cookie'] ?? []
    const cookie = setCookies.map(readCookie).find(({ name }) => name === this.cookieName)
    return { status: response.statusCode!, text, headers: response.headers, setCookies, cookie }
  }
}

/** Keeps its cookies, whatever they say of their life, and brings them back. */
export class Visitor {
  readonly cookies = new Map<string, string>()
  readonly #server: SuiteServer

  constructor(server: SuiteServer) {
    this.#server = server
  }

  async get(path = '/', headers: Readonly<Record<string, string>> = {}, method?: string): Promise<SuiteAnswer> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await this.#server.ask(path, cookie === '' ? headers : { cookie, ...headers }, method)
    for (const { name, value } of answer.setCookies.map(readCookie)) this.cookies.set(name, value)
    return answer
  }

  /** The value of the session's cookie; none has come: ''. */
  get cookie(): string {
    return this.cookies.get(this.#server.cookieName) ?? ''
  }

  set cookie(value: string) {
    this.cookies.clear()
    this.cookies.set(this.#server.cookieName, value)
  }
}

export function readCookie(text: string): ReadCookie {
  const [pair = '', ...rest] = text.split(/; */)
  const attributes = rest.map(part => {
    const [name = '', value = ''] = part.split('=')
    return [name.toLowerCase(), value]
  })
  return { ...named(pair), attributes: Object.fromEntries(attributes) }
}

function named(pair: string) {
  const at = pair.indexOf('=')
  return { name: pair.slice(0, at), value: pair.slice(at + 1) }
}

/** The session that a cookie names, of express-session or of ours. */
export function idIn(value: string): string {
  const text = decodeURIComponent(value)
  return text.startsWith('s:') ? text.slice(2, text.lastIndexOf('.')) : text.slice(0, text.indexOf('.'))
}

/** The same session, with another signature. */
export function forged(value: string): string {
  const signature = value.slice(-20)
  return value.slice(0, -20) + [...signature].reverse().join('')
}
