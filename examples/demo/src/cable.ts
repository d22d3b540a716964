/** What can be plugged into a cable, and hears when it is cut or whole again. */
export interface Plug {
  cut(): void
  reconnected(): void
}

/** The one thing that all sockets of a process share: when it is cut, nothing passes, and nobody is told. */
export class Cable {
  readonly #plugs = new Set<Plug>()
  #isCut = false

  get isCut(): boolean {
    return this.#isCut
  }

  plug(plug: Plug): void {
    this.#plugs.add(plug)
  }

  unplug(plug: Plug): void {
    this.#plugs.delete(plug)
  }

  cut(): void {
    if (this.#isCut) return
    this.#isCut = true
    for (const plug of [...this.#plugs]) plug.cut()
  }

  reconnect(): void {
    if (!this.#isCut) return
    this.#isCut = false
    for (const plug of [...this.#plugs]) plug.reconnected()
  }
}
