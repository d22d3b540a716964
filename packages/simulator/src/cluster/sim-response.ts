import type { IncomingMessage, ServerResponse } from 'node:http'

type HeaderValue = number | string | readonly string[]

/** As much of a request as the valve looks at. */
export function simRequest(cookie: string | undefined, url = '/'): IncomingMessage {
  const headers = cookie === undefined ? {} : { cookie }
  return { headers, url, method: 'GET', httpVersionMajor: 1, socket: {} } as unknown as IncomingMessage
}

/** As much of a response as the valve and its held answers need. `left` is called when the answer goes out, `cookieSet` in the turn in which its cookie is made. */
export class SimResponse {
  readonly #headers = new Map<string, HeaderValue>()
  readonly #left: (response: SimResponse) => void
  readonly #cookieSet: () => void
  #statusCode = 200
  #isStarted = false
  #isEnded = false
  #closed: () => void = () => {}

  constructor(left: (response: SimResponse) => void, cookieSet = () => {}) {
    this.#left = left
    this.#cookieSet = cookieSet
  }

  get statusCode(): number {
    return this.#statusCode
  }

  get headersSent(): boolean {
    return this.#isStarted
  }

  get writableEnded(): boolean {
    return this.#isEnded
  }

  get asServerResponse(): ServerResponse {
    return this as unknown as ServerResponse
  }

  setHeader(name: string, value: HeaderValue): this {
    this.#headers.set(name.toLowerCase(), value)
    if (name === 'Set-Cookie') this.#cookieSet()
    return this
  }

  getHeader(name: string): HeaderValue | undefined {
    return this.#headers.get(name.toLowerCase())
  }

  getHeaderNames(): string[] {
    return [...this.#headers.keys()]
  }

  removeHeader(name: string): void {
    this.#headers.delete(name.toLowerCase())
  }

  writeHead(statusCode: number): this {
    this.#statusCode = statusCode
    this.#isStarted = true
    return this
  }

  write(): boolean {
    this.#isStarted = true
    return true
  }

  flushHeaders(): void {
    this.#isStarted = true
  }

  end(): this {
    if (this.#isEnded) return this
    this.#isStarted = true
    this.#isEnded = true
    this.#left(this)
    return this
  }

  on(event: string, listener: () => void): this {
    if (event === 'close') this.#closed = listener
    return this
  }

  /** The client has gone before its answer. */
  close(): void {
    this.#isStarted = true
    this.#isEnded = true
    this.#closed.call(this)
  }

  emit(): boolean {
    return false
  }

  destroy(): void {
    this.end()
  }
}
