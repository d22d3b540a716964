import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { NODE_HEADER } from './balancer.js'
import { CookieJar } from './cookie-jar.js'
import type { SessionView } from './session-view.js'

export interface Site {
  readonly host: string
  readonly port: number
}

/** `failed`: no answer, or not the app's. `node` is the one whose connection broke, where the balancer knows it. */
export type Reply =
  | { readonly kind: 'answered'; readonly view: SessionView }
  | { readonly kind: 'failed'; readonly node?: string; readonly reason: string }

/** One browser: a cookie jar and one kept-alive connection. */
export class Client {
  readonly jar: CookieJar
  readonly #site: Site
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(site: Site, jar: CookieJar = new CookieJar()) {
    this.#site = site
    this.jar = jar
  }

  /** Never rejects. */
  async send(method: 'GET' | 'POST', path: string): Promise<Reply> {
    try {
      const response = await this.#exchange(method, path)
      const body = await text(response)
      const node = response.headers[NODE_HEADER]
      if (response.statusCode !== 200)
        return { kind: 'failed', ...nodeOf(node), reason: `${response.statusCode} ${body.trim()}` }
      this.jar.take(response.headers['set-cookie'])
      return { kind: 'answered', view: JSON.parse(body) as SessionView }
    } catch (error) {
      return { kind: 'failed', reason: (error as Error).message }
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  #exchange(method: string, path: string): Promise<IncomingMessage> {
    const headers = { cookie: this.jar.header }
    return new Promise((resolve, reject) => {
      request({ ...this.#site, agent: this.#agent, method, path, headers })
        .once('response', resolve)
        .once('error', reject)
        .end()
    })
  }
}

function nodeOf(header: string | string[] | undefined): { node?: string } {
  return typeof header === 'string' ? { node: header } : {}
}
