import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { AnswerReader, type HttpAnswer } from './http-answer.js'
import type { Arrangement, Work } from './system.js'

export interface LoadCount {
  requests: number
  /** Answers whose counter is not the one that this client's own requests lead to. */
  wrong: number
  /** Answers that are not 200. */
  failed: number
}

interface Connection {
  readonly socket: Socket
  readonly head: Record<Work, string>
}

/** One user with a browser: a cookie jar, a connection per node, and one request at a time. */
export class LoadClient {
  readonly #number: number
  readonly #arrangement: Arrangement
  readonly #isChecked: boolean
  readonly #cookies = new Map<string, string>()
  readonly #connections: Connection[] = []
  #cookieHeader = ''
  #turn: number
  #expected = 0
  #answered: (answer: HttpAnswer) => void = () => {}

  constructor(number: number, arrangement: Arrangement, isChecked: boolean) {
    this.#number = number
    this.#turn = number
    this.#arrangement = arrangement
    this.#isChecked = isChecked
  }

  async connect(ports: readonly number[]): Promise<void> {
    for (const port of ports) this.#connections.push(await this.#newConnection(port))
  }

  /** Sends requests until `isOver`, which is asked before each. */
  run(work: Work, count: LoadCount, latency: (us: number) => void, isOver: () => boolean): Promise<void> {
    return new Promise(resolve => {
      let sentAt = 0
      this.#answered = answer => {
        latency((performance.now() - sentAt) * 1000)
        this.#judge(answer, work, count)
        next()
      }
      const next = () => {
        if (isOver()) return resolve()
        sentAt = performance.now()
        this.#send(work)
      }
      next()
    })
  }

  close(): void {
    for (const { socket } of this.#connections) socket.destroy()
  }

  async #newConnection(port: number): Promise<Connection> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    await once(socket, 'connect')
    const reader = new AnswerReader()
    socket.on('data', bytes => {
      const answer = reader.read(bytes)
      if (answer) this.#answered(answer)
    })
    socket.on('error', () => socket.destroy())
    const head = (work: Work) => `GET /${work} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: */*\r\n`
    return { socket, head: { write: head('write'), read: head('read') } }
  }

  #send(work: Work): void {
    const { socket, head } = this.#connections[this.#node()]!
    socket.write(`${head[work]}${this.#cookieHeader}\r\n`, 'latin1')
  }

  #node(): number {
    const nodes = this.#connections.length
    if (this.#arrangement === 'one') return 0
    return (this.#arrangement === 'halves' ? this.#number : this.#turn++) % nodes
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
    for (const cookie of cookies) {
      const equals = cookie.indexOf('=')
      this.#cookies.set(cookie.slice(0, equals), cookie)
    }
    this.#cookieHeader = `Cookie: ${[...this.#cookies.values()].join('; ')}\r\n`
  }
}
