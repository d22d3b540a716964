/** Where handlers of one case stand still until the case lets them go on. */
export class Gates {
  #isOpen = false
  #waiting: (() => void)[] = []
  #arrived: (() => void)[] = []

  /** Called by the handler. */
  async pass(): Promise<void> {
    for (const tell of this.#arrived.splice(0)) tell()
    if (!this.#isOpen) await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  /** Resolves when the next handler stands there. */
  reached(): Promise<void> {
    return new Promise(resolve => this.#arrived.push(resolve))
  }

  open(): void {
    this.#isOpen = true
    for (const goOn of this.#waiting.splice(0)) goOn()
  }
}
