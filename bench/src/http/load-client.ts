import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { AnswerReader, type HttpAnswer } from './http-answer.js'
import type { Work } from './http-case.js'
import type { LoadCount } from './load-plan.js'

const CUT_OFF: HttpAnswer = { status: 0, cookies: [], body: '' }

/** One user with a browser: a cookie jar, a connection per node, one request at a time, to each node in turn. */
export class LoadClient {
  readonly #isChecked: boolean
  readonly #cookies = new Map<string, string>()
  #connections: Socket[] = []
  #cookieHeader = ''
  #turn: number
  #expected = 0
  #answered: (answer: HttpAnswer) => void = () => {}

  /** `number`: which node comes first. */
  constructor(number: number, isChecked: boolean) {
    this.#turn = number
    this.#isChecked = isChecked
  }

  async connect(ports: readonly number[]): Promise<void> {
    for (const port of ports) this.#connections.push(await this.#newConnection(port))
  }

  /** Resolves with the microseconds until the answer. A request without an answer, because the connection ended, has failed. */
  send(work: Work, count: LoadCount): Promise<number> {
    return new Promise(resolve => {
      const sentAt = performance.now()
      this.#answered = answer => {
        this.#answered = () => {}
        this.#judge(answer, work, count)
        resolve((performance.now() - sentAt) * 1000)
      }
      this.#write(work)
    })
  }

  close(): void {
    this.#answered = () => {}
    for (const socket of this.#connections) socket.destroy()
    this.#connections = []
  }

  async #newConnection(port: number): Promise<Socket> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    const reader = new AnswerReader()
    socket.on('data', bytes => {
      const answer = reader.read(bytes)
      if (answer) this.#answered(answer)
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#answered(CUT_OFF))
    return socket
  }

  #write(work: Work): void {
    const cookies = work === 'new' ? '' : this.#cookieHeader
    const socket = this.#connections[this.#turn++ % this.#connections.length]!
    socket.write(`GET /${work} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n${cookies}\r\n`, 'latin1')
  }

  /** A wrong counter is counted once: what was answered is what the next answer builds on. */
  #judge({ status, cookies, body }: HttpAnswer, work: Work, count: LoadCount): void {
    if (cookies.length > 0) this.#keep(cookies)
    count.requests++
    if (status !== 200) {
      count.failed++
      return
    }
    if (!this.#isChecked) return
    const { counter } = JSON.parse(body) as { counter: number }
    if (work === 'write') this.#expected++
    if (counter === this.#expected) return
    count.wrong++
    this.#expected = counter
  }

  #keep(cookies: readonly string[]): void {
    for (const cookie of cookies) this.#cookies.set(cookie.slice(0, cookie.indexOf('=')), cookie)
    this.#cookieHeader = `Cookie: ${[...this.#cookies.values()].join('; ')}\r\n`
  }
}
