import type { Member } from '../member.js'

/** How many replies a caller waits for: `majority` is more than half of the destinations, `none` waits for nothing. */
export type ReplyMode = 'first' | 'majority' | 'all' | 'none'

export interface Reply {
  readonly member: Member
  readonly body: Uint8Array
}

export function repliesNeeded(mode: ReplyMode, destinationCount: number): number {
  switch (mode) {
    case 'first':
      return 1
    case 'majority':
      return Math.floor(destinationCount / 2) + 1
    case 'all':
      return destinationCount
    case 'none':
      return 0
  }
}

/** One call in progress: done when enough members have replied, or when nobody is left who could. */
export class RpcCall {
  readonly #needed: number
  readonly #waiting: Set<string>
  readonly #replies: Reply[] = []
  readonly #done: (replies: Reply[]) => void

  constructor(destinations: readonly Member[], mode: ReplyMode, done: (replies: Reply[]) => void) {
    this.#needed = repliesNeeded(mode, destinations.length)
    this.#waiting = new Set(destinations.map(member => member.id))
    this.#done = done
  }

  replied(member: Member, body: Uint8Array): void {
    if (!this.#waiting.delete(member.id)) return
    this.#replies.push({ member, body })
    this.#finishIfDone()
  }

  /** It has no listener, could not be reached, or died. */
  willNotReply(member: Member): void {
    if (this.#waiting.delete(member.id)) this.#finishIfDone()
  }

  /** The caller's patience ended. */
  finish(): void {
    this.#done(this.#replies)
  }

  #finishIfDone(): void {
    if (this.#replies.length >= this.#needed || this.#waiting.size === 0) this.finish()
  }
}
