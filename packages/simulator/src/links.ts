/** Which directed links between hosts are cut. A host always reaches itself. */
export class Links {
  readonly #cut = new Set<string>()
  readonly #cutDatagrams = new Set<string>()

  cut(from: string, to: string): void {
    this.#cut.add(key(from, to))
  }

  cutDatagrams(from: string, to: string): void {
    this.#cutDatagrams.add(key(from, to))
  }

  heal(from: string, to: string): void {
    this.#cut.delete(key(from, to))
    this.#cutDatagrams.delete(key(from, to))
  }

  healAll(): void {
    this.#cut.clear()
    this.#cutDatagrams.clear()
  }

  isCut(from: string, to: string): boolean {
    return from !== to && this.#cut.has(key(from, to))
  }

  dropsDatagrams(from: string, to: string): boolean {
    return from !== to && (this.#cut.has(key(from, to)) || this.#cutDatagrams.has(key(from, to)))
  }
}

function key(from: string, to: string): string {
  return `${from}>${to}`
}
