import type { VersionToken } from '@clowder/ha'

/** What a cookie says, once its signature has been found good. */
export interface SignedCookie {
  /** The session's id. */
  readonly id: string
  readonly token: VersionToken
  /** `<id>.<token>.<signature>`, as sent. */
  readonly signed: string
  /** Signed with a secret that has been replaced: due to be signed anew. */
  readonly isOutdated: boolean
}

/**
 * Cookies whose signature is known to be good, so that a client that shows the same cookie again costs a lookup. Two generations: when the young one
 * is full it becomes the old one and the old one is dropped whole; what is used moves back to the young. Bounded by `capacity`.
 */
export class VerifiedCookies {
  readonly #generationSize: number
  #young = new Map<string, SignedCookie>()
  #old = new Map<string, SignedCookie>()

  constructor(capacity: number) {
    this.#generationSize = Math.max(1, Math.floor(capacity / 2))
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  find(signed: string): SignedCookie | undefined {
    const young = this.#young.get(signed)
    if (young) return young
    const old = this.#old.get(signed)
    if (!old) return undefined
    this.#old.delete(signed)
    this.remember(old)
    return old
  }

  /** `replaced`: what its client has shown and will hardly show again; kept, it would only survive one garbage collection after another. */
  remember(cookie: SignedCookie, replaced?: SignedCookie): void {
    if (replaced && !this.#young.delete(replaced.signed)) this.#old.delete(replaced.signed)
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(cookie.signed, cookie)
  }
}
