import { once } from 'node:events'
import { type Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'

export interface FaceReply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly setCookies: readonly string[]
  readonly text: string
  /** The body, read as JSON. */
  readonly json: unknown
}

/** Somebody who keeps cookies. */
export class FaceBrowser {
  readonly cookies: Map<string, string>
  readonly #pickUrl: () => string
  readonly #agent: Agent

  constructor(pickUrl: () => string, agent: Agent, cookies: ReadonlyMap<string, string> = new Map()) {
    this.#pickUrl = pickUrl
    this.#agent = agent
    this.cookies = new Map(cookies)
  }

  /** With the same cookies. */
  copy(): FaceBrowser {
    return new FaceBrowser(this.#pickUrl, this.#agent, this.cookies)
  }

  /** A request to any node, as it was sent: its `response` event brings the headers. `cookie`: instead of what is kept. */
  open(path: string, { method = 'GET', cookie = this.#header() } = {}): ClientRequest {
    const headers = cookie === '' ? {} : { cookie }
    return request(this.#pickUrl() + path, { method, headers, agent: this.#agent }).end()
  }

  /** Resolves when the whole answer is there. A redirect is not followed. */
  async get(path: string, options?: { method?: string; cookie?: string }): Promise<FaceReply> {
    const [response] = (await once(this.open(path, options), 'response')) as [IncomingMessage]
    const setCookies = this.#keep(response)
    const body = await text(response)
    const { statusCode: status = 0, headers } = response
    return {
      status,
      headers,
      setCookies,
      text: body,
      get json() {
        return JSON.parse(body)
      },
    }
  }

  #keep({ headers }: IncomingMessage): readonly string[] {
    const lines = headers['set-cookie'] ?? []
    for (const line of lines) {
      const [pair = ''] = line.split(';')
      const [name, value] = [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]
      if (/; ?(Max-Age=0|Expires=Thu, 01 Jan 1970)/i.test(line)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return lines
  }

  #header(): string {
    return Array.from(this.cookies, ([name, value]) => `${name}=${value}`).join('; ')
  }
}
