import { type IncomingMessage, request } from 'node:http'
import type { LabHost } from '../network/lab-network.js'

/** A person would have given up long before. */
const GIVE_UP_MS = 5_000

export type Action =
  | { readonly do: 'write'; readonly name: string; readonly version: number }
  | { readonly do: 'remove'; readonly name: string }
  | { readonly do: 'logout' | 'regenerate' | 'changeId' }
  | { readonly do: 'wait'; readonly ms: number }

export interface PageAnswer {
  readonly outcome: 'ok' | 'none' | 'refused' | 'failed' | 'lost'
  readonly error?: string
  readonly isStale?: boolean
  readonly isNew?: boolean
  readonly session?: string
  readonly read?: Readonly<Record<string, number | null>>
  readonly ms: number
}

/** Where a browser's requests are written down. `requested` gives each its number. */
export interface RequestLog {
  requested(client: string, node: string, cookie: Cookie | undefined): number
  responded(request: number, answer: PageAnswer): void
}

/** What a browser keeps between requests. */
export interface Cookie {
  readonly text: string
  readonly session: string
  /** The request whose answer set it. */
  readonly from: number
}

/** A browser with one cookie. Each request is one connection, so that a dead node is met by requests and not by an idle socket. */
export class Browser {
  readonly name: string
  cookie: Cookie | undefined
  readonly #log: RequestLog

  constructor(name: string, log: RequestLog) {
    this.name = name
    this.#log = log
  }

  async get(host: LabHost, actions: readonly Action[]): Promise<PageAnswer> {
    const { cookie } = this
    const number = this.#log.requested(this.name, host.name, cookie)
    const beganMs = performance.now()
    const answer = await fetchPage(host, number, actions, cookie)
    const told = { ...answer, ms: performance.now() - beganMs }
    this.#log.responded(number, told)
    // Only what this request's cookie was about: a browser has one request under way at a time.
    if (answer.outcome === 'none') this.cookie = undefined
    else if (answer.setCookie !== undefined) this.cookie = cookieOf(answer.setCookie, answer.session, number)
    return told
  }
}

/** None when the answer's session is over: then what it sets is empty. */
function cookieOf(text: string, session: string | undefined, from: number): Cookie | undefined {
  return session === undefined ? undefined : { text, session, from }
}

type Fetched = Omit<PageAnswer, 'ms'> & { readonly setCookie?: string }

function fetchPage(
  { clientHost, httpPort }: LabHost,
  number: number,
  actions: readonly Action[],
  cookie: Cookie | undefined,
): Promise<Fetched> {
  const path = `/?${new URLSearchParams({ request: String(number), actions: JSON.stringify(actions) })}`
  const headers = cookie ? { cookie: cookie.text, 'x-session': cookie.session } : {}
  return new Promise(resolve => {
    const sent = request({ host: clientHost, port: httpPort, path, headers, agent: false }, response => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', chunk => {
        text += chunk
      })
      response.on('error', error => resolve({ outcome: 'lost', error: String(error) }))
      response.on('end', () => {
        clearTimeout(timeout)
        resolve(read(response, text))
      })
    })
    const timeout = setTimeout(() => sent.destroy(new Error('no answer in time')), GIVE_UP_MS)
    sent.on('error', error => {
      clearTimeout(timeout)
      resolve({ outcome: 'lost', error: error.message })
    })
    sent.end()
  })
}

/** The header says more than the body: a session may have ended between the two. */
function read({ statusCode: status = 0, headers }: IncomingMessage, text: string): Fetched {
  const setCookie = headers['set-cookie']?.[0]
  const isSet = setCookie !== undefined && { setCookie: setCookie.split(';')[0]! }
  if (status === 503) return { outcome: 'refused', ...isSet }
  if (status !== 200) return { outcome: 'failed', error: `${status} ${text}` }
  const body = JSON.parse(text)
  if (body.isNone) return { outcome: 'none', ...isSet }
  const { isNew, session } = body
  const isStale = headers['clowder-stale'] === '1'
  return { outcome: 'ok', isNew, isStale, session, read: body.read, ...isSet }
}
