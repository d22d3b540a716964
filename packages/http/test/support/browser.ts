export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly setCookies: readonly string[]
  readonly body: string
}

/** Keeps cookies by name, as a browser would, and follows no redirect. */
export class Browser {
  readonly #port: number
  readonly cookies = new Map<string, string>()

  constructor(port: number) {
    this.#port = port
  }

  get cookie(): string | undefined {
    return this.cookies.get('clowder.sid')
  }

  set cookie(value: string | undefined) {
    if (value === undefined) this.cookies.delete('clowder.sid')
    else this.cookies.set('clowder.sid', value)
  }

  /** The id in the session cookie. */
  get sid(): string {
    return String(this.cookie).split('.')[0]!
  }

  async get(path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = new Headers(init.headers)
    if (this.cookies.size > 0) headers.set('cookie', Array.from(this.cookies, pair => pair.join('=')).join('; '))
    const res = await fetch(`http://127.0.0.1:${this.#port}${path}`, { redirect: 'manual', ...init, headers })
    const setCookies = res.headers.getSetCookie()
    for (const line of setCookies) this.#keep(line)
    return { status: res.status, headers: res.headers, setCookies, body: await res.text() }
  }

  #keep(setCookie: string): void {
    const pair = setCookie.split(';', 1)[0]!
    const equals = pair.indexOf('=')
    const name = pair.slice(0, equals)
    if (/; Max-Age=0/.test(setCookie)) this.cookies.delete(name)
    else this.cookies.set(name, pair.slice(equals + 1))
  }
}
