import { createServer, request as httpRequest, type IncomingMessage, type RequestListener, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { memoryConnection } from './memory-connection.js'
import type { PreparedRequest, TestApp } from './test-request.js'
import { TestResponse } from './test-response.js'

/**
 * One request and its answer, through Node's own HTTP client and server joined in memory: what the app sees is a real request and a real response.
 * Rejects with what a handler throws or rejects with before its answer is complete, with the reason of `signal`, or with ECONNRESET when the app cuts
 * the connection.
 */
export class HttpExchange {
  readonly #client: Duplex
  readonly #answer: Promise<TestResponse>
  #reject!: (error: unknown) => void
  #isOver = false

  static run(app: TestApp, request: PreparedRequest, signal: AbortSignal): Promise<TestResponse> {
    return new HttpExchange(app, request, signal).#answer
  }

  private constructor(app: TestApp, request: PreparedRequest, signal: AbortSignal) {
    const { client, served } = memoryConnection()
    const aborted = () => this.#fail(signal.reason)
    this.#client = client
    this.#answer = new Promise<TestResponse>((resolve, reject) => {
      this.#reject = reject
      this.#send(request, resolve)
    }).finally(() => {
      this.#isOver = true
      signal.removeEventListener('abort', aborted)
    })
    signal.addEventListener('abort', aborted)
    const server = app instanceof Server ? app : createServer((req, res) => this.#handle(app, req, res))
    server.emit('connection', served)
  }

  #send({ method, url, headers, body }: PreparedRequest, resolve: (response: TestResponse) => void): void {
    const request = httpRequest({ method, path: url, headers, createConnection: () => this.#client })
    const received = async (message: IncomingMessage) => resolve(new TestResponse(message, await buffer(message)))
    request.on('response', message => received(message).catch(this.#reject))
    request.on('error', this.#reject)
    request.end(body)
  }

  /** In production such an error ends the process, or nobody hears of it; in a test it belongs to the request. */
  #handle(handler: RequestListener, ...[req, res]: Parameters<RequestListener>): void {
    try {
      Promise.resolve(handler(req, res) as unknown).catch(error => this.#fail(error))
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver) throw error
    this.#reject(error)
    this.#client.destroy()
  }
}
