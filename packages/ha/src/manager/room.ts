import type { Member } from '@clowder/tribes'

/** Those who wait until a member that was behind takes messages again. */
export class Room {
  readonly #waiting = new Map<string, (() => void)[]>()

  /** To be called as soon as a message to it has been refused with MemberBehindError. Resolves when it has caught up, or has gone. */
  at({ id }: Member): Promise<void> {
    return new Promise(resolve => {
      const waiting = this.#waiting.get(id) ?? []
      this.#waiting.set(id, waiting)
      waiting.push(resolve)
    })
  }

  /** It has caught up, or has gone. */
  changed({ id }: Member): void {
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    for (const resolve of waiting ?? []) resolve()
  }

  /** Nothing is sent any more: nobody goes on. */
  stop(): void {
    this.#waiting.clear()
  }
}
