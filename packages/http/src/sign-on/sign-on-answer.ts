/**
 * What one answer tells its client of single sign-on. A login counts once its session has been committed: one whose session was ended, given up or replaced before, or could not be kept,
 * is undone, and its cookie goes to nobody.
 */
export class SignOnAnswer {
  #cookie: string | undefined
  #undo: (() => void)[] = []

  /** Somebody logs in. `undo` is called unless the session is committed. */
  loggedIn(cookie: string, undo: () => void): void {
    this.#cookie = cookie
    this.#undo.push(undo)
  }

  /** Goes whatever becomes of the session, in place of a login that has not been committed. */
  say(cookie: string): void {
    this.givenUp()
    this.#cookie = cookie
  }

  committed(): void {
    this.#undo = []
  }

  /** The session that was logged in is none of this request any more. */
  givenUp(): void {
    const undo = this.#undo
    if (undo.length === 0) return
    this.#undo = []
    this.#cookie = undefined
    for (const each of undo) each()
  }

  /** The answer starts: the Set-Cookie value besides those of the session. What has not been committed by now will not be. */
  starting(): string | undefined {
    this.givenUp()
    return this.#cookie
  }
}
