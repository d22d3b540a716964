interface KeptCookie {
  readonly name: string
  readonly value: string
  readonly path: string
}

/**
 * What a client keeps of Set-Cookie, for the one site that all nodes are. Honours Path, Max-Age and Expires as far as they take a cookie away at once; a cookie
 * that would go later stays, because the application's dates are real and the cluster's are not.
 */
export class BrowserCookies {
  /** By name and path. */
  readonly #kept: Map<string, KeptCookie>

  constructor(others?: BrowserCookies) {
    this.#kept = new Map(others ? others.#kept : [])
  }

  /** Takes the Set-Cookie lines of an answer. */
  take(lines: readonly string[]): void {
    for (const line of lines) this.#takeOne(line)
  }

  /** Name → value, as sent to a path. */
  for(path: string): Record<string, string> {
    const fitting = [...this.#kept.values()].filter(cookie => covers(cookie.path, path))
    return Object.fromEntries(fitting.map(({ name, value }) => [name, value]))
  }

  #takeOne(line: string): void {
    const [pair = '', ...rest] = line.split(';').map(part => part.trim())
    const { name, value } = halves(pair)
    const attributes = new Map(rest.map(halves).map(a => [a.name.toLowerCase(), a.value]))
    const path = attributes.get('path') || '/'
    if (isGone(attributes)) this.#kept.delete(`${name} ${path}`)
    else this.#kept.set(`${name} ${path}`, { name, value, path })
  }
}

function isGone(attributes: ReadonlyMap<string, string>): boolean {
  const maxAge = attributes.get('max-age')
  if (maxAge !== undefined) return Number(maxAge) <= 0
  const expires = attributes.get('expires')
  return expires !== undefined && Date.parse(expires) <= Date.now()
}

function halves(text: string): { name: string; value: string } {
  const at = text.indexOf('=')
  return at === -1 ? { name: text, value: '' } : { name: text.slice(0, at), value: text.slice(at + 1) }
}

function covers(cookiePath: string, path: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`)
}
