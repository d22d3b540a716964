/** The cookies of one client at one site, as far as a demo needs them: names, values, and being told to forget. */
export class CookieJar {
  readonly #cookies: Map<string, string>

  constructor(cookies: Iterable<readonly [string, string]> = []) {
    this.#cookies = new Map(cookies)
  }

  get header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  copy(): CookieJar {
    return new CookieJar(this.#cookies)
  }

  /** Takes the `Set-Cookie` lines of a response. */
  take(lines: readonly string[] = []): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(';')
      const at = pair.indexOf('=')
      const name = pair.slice(0, at).trim()
      if (attributes.some(isOver)) this.#cookies.delete(name)
      else this.#cookies.set(name, pair.slice(at + 1).trim())
    }
  }
}

function isOver(attribute: string): boolean {
  const [name = '', value = ''] = attribute.split('=').map(part => part.trim().toLowerCase())
  return (name === 'max-age' && Number(value) <= 0) || (name === 'expires' && Date.parse(value) <= Date.now())
}
