import type { CookieStore, CookieStoreOptions } from '../../../src/faces/next/index.js'

/** One browser's cookies, in the shape of Next's `await cookies()`. */
export class MemoryCookies implements CookieStore {
  readonly #kept = new Map<string, { readonly value: string; readonly options: CookieStoreOptions }>()
  readonly #isReadOnly: boolean

  constructor({ isReadOnly = false } = {}) {
    this.#isReadOnly = isReadOnly
  }

  get(name: string): { readonly value: string } | undefined {
    return this.#kept.get(name)
  }

  set(name: string, value: string, options: CookieStoreOptions): void {
    if (this.#isReadOnly) throw new Error('cookies cannot be set here')
    if (options.maxAge === 0) this.#kept.delete(name)
    else this.#kept.set(name, { value, options })
  }

  optionsOf(name: string): CookieStoreOptions | undefined {
    return this.#kept.get(name)?.options
  }

  /** As a browser would send them. */
  get header(): string {
    return [...this.#kept].map(([name, { value }]) => `${name}=${value}`).join('; ')
  }

  copy(): MemoryCookies {
    const copy = new MemoryCookies()
    for (const [name, kept] of this.#kept) copy.#kept.set(name, kept)
    return copy
  }
}
