import type { Parcel, Perturbation, Receipt } from './parcel.js'

/**
 * One direction between two nodes: what is sent arrives in order, as TCP gives it, but for one message that may be set aside.
 * Receipts travel with the messages; they are handed over when the next message is, or when the world comes to its end.
 */
export class WorldLink {
  readonly #queue: (Parcel | Receipt)[] = []
  #aside: Parcel | undefined
  /** What is set aside may arrive from now on: something that was sent later has passed it. */
  #isPassed = false

  send(parcel: Parcel, perturbation: Perturbation | undefined): void {
    if (perturbation === 'lost') return
    if (perturbation !== 'delayed') this.#queue.push(parcel)
    if (perturbation)
      this.#aside = perturbation === 'doubled' ? { ...parcel, delivery: undefined, isCopy: true } : parcel
  }

  sendReceipt(receipt: Receipt): void {
    this.#queue.push(receipt)
  }

  /** The next message in order. */
  get head(): Parcel | undefined {
    for (const item of this.#queue) if (item.kind === 'message') return item
    return undefined
  }

  /** A message that may arrive now although others stand before it. */
  get aside(): Parcel | undefined {
    return this.#isPassed ? this.#aside : undefined
  }

  get hasUnpassed(): boolean {
    return this.#aside !== undefined && !this.#isPassed
  }

  /** What is set aside may arrive although nothing has passed it. */
  release(): void {
    this.#isPassed = this.#aside !== undefined
  }

  /** Takes the head off, with the receipts before it. */
  take(): { readonly parcel: Parcel; readonly receipts: readonly Receipt[] } {
    const receipts = this.takeReceipts()
    const parcel = this.#queue.shift() as Parcel
    if (this.#aside && parcel.number >= this.#aside.number) this.#isPassed = true
    return { parcel, receipts }
  }

  takeAside(): Parcel {
    const parcel = this.#aside!
    this.#aside = undefined
    this.#isPassed = false
    return parcel
  }

  takeReceipts(): readonly Receipt[] {
    const first = this.#queue.findIndex(item => item.kind === 'message')
    return this.#queue.splice(0, first < 0 ? this.#queue.length : first) as Receipt[]
  }
}
