import { Agent, request } from 'node:http'
import type { AppProcess } from './app-process.js'

export interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
  readonly setCookie: string | undefined
}

/** One browser: a cookie jar with one cookie, and connections that stay open. */
export class Client {
  cookie: string | undefined
  readonly #agent = new Agent({ keepAlive: true })

  async get(app: AppProcess, path: string): Promise<Answer> {
    const answer = await this.#fetch(app, path)
    if (answer.setCookie !== undefined) this.cookie = answer.setCookie.split(';')[0]
    return answer
  }

  close(): void {
    this.#agent.destroy()
  }

  #fetch(app: AppProcess, path: string): Promise<Answer> {
    const headers = this.cookie === undefined ? {} : { cookie: this.cookie }
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: app.port, path, headers, agent: this.#agent }, response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', chunk => {
          text += chunk
        })
        response.on('error', reject)
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: text === '' ? {} : JSON.parse(text),
            setCookie: response.headers['set-cookie']?.[0],
          }),
        )
      })
      sent.on('error', reject)
      sent.end()
    })
  }
}
