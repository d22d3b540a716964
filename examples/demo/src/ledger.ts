import type { SessionView } from './session-view.js'

/** What an answer shows that it should not. */
export type Finding =
  | { readonly kind: 'id changed' | 'stale'; readonly text: string }
  | { readonly kind: 'write lost' | 'write doubled'; readonly text: string }

/** What one client has put into its session, and so what every answer must show. One request at a time. */
export class Ledger {
  #id: string | undefined
  /** After a failed request it is not known whether it has counted. */
  #leastCount = 0
  #mostCount = 0
  /** Item → the quantities that may be there: one, or two and more after failed requests. */
  readonly #cart = new Map<string, readonly number[]>()

  get id(): string | undefined {
    return this.#id
  }

  get count(): number {
    return this.#mostCount
  }

  /** A request that counted and put `quantity` of `item` was answered with `view`. The findings are in it; from now on `view` is the truth. */
  counted(item: string, quantity: number, view: SessionView): Finding[] {
    this.#leastCount++
    this.#mostCount++
    this.#cart.set(item, [quantity])
    return this.seen(view)
  }

  /** The same request failed: it has counted or not, and so with the item. An answer may show either for as long as it is not overwritten. */
  failed(item: string, quantity: number): void {
    this.#mostCount++
    this.#cart.set(item, [...(this.#cart.get(item) ?? [0]), quantity])
  }

  /** A request that changed nothing was answered with `view`. */
  seen(view: SessionView): Finding[] {
    this.#id ??= view.id
    const findings: Finding[] = view.id === this.#id ? this.#compare(view) : [this.#otherSession(view)]
    if (view.stale && view.id === this.#id) return this.#stale(view, findings)
    this.#believe(view)
    return findings
  }

  /** An older copy, and it said so. What is missing there is not lost: the copies will be merged, and then either count may have won. */
  #stale(view: SessionView, findings: readonly Finding[]): Finding[] {
    this.#leastCount = Math.min(this.#leastCount, view.count)
    return [{ kind: 'stale', text: [`${view.node} answered stale`, ...findings.map(({ text }) => text)].join('; ') }]
  }

  #compare(view: SessionView): Finding[] {
    const findings: Finding[] = []
    const { node, count } = view
    const expected =
      this.#leastCount === this.#mostCount ? `${this.#mostCount}` : `${this.#leastCount} to ${this.#mostCount}`
    if (count < this.#leastCount)
      findings.push({ kind: 'write lost', text: `${node} counts ${count}, not ${expected}` })
    if (count > this.#mostCount)
      findings.push({ kind: 'write doubled', text: `${node} counts ${count}, not ${expected}` })
    for (const [item, quantities] of this.#cart) {
      const quantity = view.cart[item] ?? 0
      if (!quantities.includes(quantity))
        findings.push({
          kind: 'write lost',
          text: `${node} has ${quantity} of ${item}, not ${quantities.join(' or ')}`,
        })
    }
    return findings
  }

  #otherSession({ node, count }: SessionView): Finding {
    return { kind: 'id changed', text: `${node} answered with another session, count ${count}, not ${this.#mostCount}` }
  }

  /** So that one loss is counted once, and not again with every answer that follows. */
  #believe(view: SessionView): void {
    this.#id = view.id
    this.#leastCount = this.#mostCount = view.count
    for (const [item, quantities] of this.#cart) {
      const quantity = view.cart[item] ?? 0
      if (!quantities.includes(quantity)) this.#cart.set(item, [quantity])
    }
  }
}
