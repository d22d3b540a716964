export interface HttpAnswer {
  readonly status: number
  /** `name=value` of each Set-Cookie. */
  readonly cookies: readonly string[]
  readonly body: string
}

const HEADERS_END = '\r\n\r\n'

/** Takes bytes of one keep-alive connection and gives whole answers. Knows Content-Length only: all servers here send it. */
export class AnswerReader {
  #text = ''

  /** The answer that these bytes complete, if any. There is never more than one under way. */
  read(bytes: Buffer): HttpAnswer | undefined {
    this.#text += bytes.toString('latin1')
    const end = this.#text.indexOf(HEADERS_END)
    if (end < 0) return undefined
    const headers = this.#text.slice(0, end)
    const bodyAt = end + HEADERS_END.length
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(headers)?.[1] ?? 0)
    if (this.#text.length < bodyAt + length) return undefined
    const body = this.#text.slice(bodyAt)
    this.#text = ''
    return { status: Number(headers.slice(9, 12)), cookies: cookiesIn(headers), body }
  }
}

function cookiesIn(headers: string): string[] {
  if (!/\r\nset-cookie:/i.test(headers)) return []
  return [...headers.matchAll(/\r\nset-cookie: *([^;\r]*)/gi)].map(match => match[1]!)
}
