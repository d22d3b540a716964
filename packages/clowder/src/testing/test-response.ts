import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** An answer that has arrived whole. */
export class TestResponse {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer

  constructor({ statusCode, headers }: IncomingMessage, bytes: Buffer) {
    this.status = statusCode!
    this.headers = headers
    this.bytes = bytes
  }

  /** The body as text. */
  get text(): string {
    return this.bytes.toString()
  }

  /** The body parsed; whoever names its type vouches for it. Throws SyntaxError when it is no JSON. */
  json<T = unknown>(): T {
    return JSON.parse(this.text)
  }

  /** The answer's Set-Cookie lines. */
  get setCookies(): readonly string[] {
    return this.headers['set-cookie'] ?? []
  }
}
