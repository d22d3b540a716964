import type { Member } from '@clowder/tribes'

/** How an exchange ended for its opener. `answererReady`: the answerer itself had finished joining, so that it held what the cluster holds. */
export type ExchangeOutcome =
  | { readonly kind: 'done'; readonly received: number; readonly answererReady: boolean }
  | { readonly kind: 'failed'; readonly reason: string }

/** One comparison of a share of two tables, as its opener sees it. */
export class Exchange {
  readonly id: number
  readonly peer: Member
  readonly share: number
  readonly shares: number
  readonly ended: Promise<ExchangeOutcome>
  lastProgressMs: number
  received = 0
  isOver = false
  #resolve!: (outcome: ExchangeOutcome) => void

  constructor(id: number, peer: Member, share: number, shares: number, nowMs: number) {
    this.id = id
    this.peer = peer
    this.share = share
    this.shares = shares
    this.lastProgressMs = nowMs
    this.ended = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  end(outcome: ExchangeOutcome): void {
    this.isOver = true
    this.#resolve(outcome)
  }
}

/** What the answerer still has to send before it can say DONE. */
export class Answer {
  sent = 0
  #streams = 0
  #listed = false
  readonly #begunMs: number
  readonly #finished: (sent: number) => void

  constructor(begunMs: number, finished: (sent: number) => void) {
    this.#begunMs = begunMs
    this.#finished = finished
  }

  /** Begun before `sinceMs` and sending nothing: its opener has given up. */
  isIdle(sinceMs: number): boolean {
    return this.#streams === 0 && this.#begunMs < sinceMs
  }

  streamStarted(): void {
    this.#streams++
  }

  streamEnded(sent: number): void {
    this.#streams--
    this.sent += sent
    this.#finishIfComplete()
  }

  allListed(): void {
    this.#listed = true
    this.#finishIfComplete()
  }

  #finishIfComplete(): void {
    if (this.#listed && this.#streams === 0) this.#finished(this.sent)
  }
}
