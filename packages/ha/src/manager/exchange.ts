import type { Member } from '@clowder/tribes'
import type { Hash64 } from '../state/state-hash.js'
import type { Memory } from '../wire/message.js'
import type { StateStream } from './state-stream.js'
import { Withheld } from './withheld.js'

/**
 * How an exchange ended for its opener. `answererReady`: the answerer itself had finished joining, so that it held what the cluster holds. `answererCanTell`: it has not missed what
 * happened lately. `isBehind`: the other one does not take what is sent as fast as that. `given`: when the answerer has what it wanted, if it wanted something; false if that failed.
 */
export type ExchangeOutcome =
  | {
      readonly kind: 'done'
      readonly received: number
      readonly answererReady: boolean
      readonly answererCanTell: boolean
      readonly given: Promise<boolean> | undefined
    }
  | { readonly kind: 'failed'; readonly reason: string; readonly isBehind?: boolean | undefined }

export type ExchangeAbout = Pick<Exchange, 'id' | 'peer' | 'share' | 'shares' | 'asksWhoIsGone' | 'root' | 'view'>

/** One comparison of a share of two tables, as its opener sees it. */
export class Exchange {
  readonly id: number
  readonly peer: Member
  readonly share: number
  readonly shares: number
  /** The answerer is asked to tell who is gone. */
  readonly asksWhoIsGone: boolean
  /** This node's table and view when it was opened. */
  readonly root: Hash64
  readonly view: number
  readonly ended: Promise<ExchangeOutcome>
  lastProgressMs: number
  received = 0
  /** The answerer's table was another. */
  hasDiffered = false
  /** No step has been lost, as far as is known. */
  isWhole = true
  /** What the answerer wants, once it wants something. */
  stream: StateStream | undefined
  given: Promise<boolean> | undefined
  /** What the answerer wants and is not given. Nobody knows what it has had of that. */
  readonly withheld = new Withheld([])
  #resolve!: (outcome: ExchangeOutcome) => void

  constructor({ id, peer, share, shares, asksWhoIsGone, root, view }: ExchangeAbout, nowMs: number) {
    this.id = id
    this.peer = peer
    this.share = share
    this.shares = shares
    this.asksWhoIsGone = asksWhoIsGone
    this.root = root
    this.view = view
    this.lastProgressMs = nowMs
    this.ended = new Promise(resolve => {
      this.#resolve = resolve
    })
  }

  end(outcome: ExchangeOutcome): void {
    this.#resolve(outcome)
  }
}

/** The steps of a comparison that its answerer has sent: `lost`, as far as is known; `open`: nobody knows yet. */
export interface Steps {
  open: number
  lost: number
}

/** The same comparison as its answerer sees it: what it still has to send before it can say DONE. */
export interface Answer {
  readonly stream: StateStream
  /** What had been here when it began. */
  readonly memory: Memory
  readonly steps: Steps
  /** What the opener is not given; undefined as long as it has not said what it knows. */
  withheld: Withheld | undefined
  lastProgressMs: number
}
