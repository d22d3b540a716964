import type { SameSite } from '@clowder/http'

/** Next's `await cookies()`, and whatever has this shape, such as Astro's. */
export interface CookieStore {
  get(name: string): { readonly value: string } | undefined
  set(name: string, value: string, options: CookieStoreOptions): unknown
}

/** As Next and the package cookie have them. */
export interface CookieStoreOptions {
  path?: string
  domain?: string
  /** Seconds. */
  maxAge?: number
  expires?: Date
  httpOnly?: boolean
  secure?: boolean
  sameSite?: SameSite
  partitioned?: boolean
  priority?: 'low' | 'medium' | 'high'
}

/** Hands a Set-Cookie line to a store that takes it in pieces, and encodes values itself. */
export function putCookie(store: CookieStore, line: string): void {
  const [pair = '', ...attributes] = line.split('; ')
  const at = pair.indexOf('=')
  const options: CookieStoreOptions = {}
  for (const attribute of attributes) Object.assign(options, optionOf(attribute))
  store.set(pair.slice(0, at), decodeURIComponent(pair.slice(at + 1)), options)
}

function optionOf(attribute: string): CookieStoreOptions {
  const at = attribute.indexOf('=')
  const value = attribute.slice(at + 1)
  switch (at === -1 ? attribute : attribute.slice(0, at)) {
    case 'Path':
      return { path: value }
    case 'Domain':
      return { domain: value }
    case 'Max-Age':
      return { maxAge: Number(value) }
    case 'Expires':
      return { expires: new Date(value) }
    case 'HttpOnly':
      return { httpOnly: true }
    case 'Secure':
      return { secure: true }
    case 'SameSite':
      return { sameSite: value.toLowerCase() as SameSite }
    case 'Partitioned':
      return { partitioned: true }
    case 'Priority':
      return { priority: value.toLowerCase() as NonNullable<CookieStoreOptions['priority']> }
    default:
      return {}
  }
}
