import t from 'tap'
import { Ledger } from '../src/ledger.js'
import type { SessionView } from '../src/session-view.js'

function view(count: number, cart: Record<string, number>, more: Partial<SessionView> = {}): SessionView {
  return { node: 'a', id: 's1', createdAt: 0, count, cart, stale: false, ...more }
}

function kinds(findings: readonly { readonly kind: string }[]): string[] {
  return findings.map(({ kind }) => kind)
}

t.test('answers that show every write have no findings', async t => {
  const ledger = new Ledger()
  t.strictSame(ledger.counted('apples', 1, view(1, { apples: 1 })), [])
  t.strictSame(ledger.counted('bread', 2, view(2, { apples: 1, bread: 2 })), [])
  t.strictSame(ledger.seen(view(2, { apples: 1, bread: 2 })), [])
})

t.test('after a failed request the answer may show it or not', async t => {
  for (const hasCounted of [0, 1]) {
    const ledger = new Ledger()
    ledger.counted('apples', 1, view(1, { apples: 1 }))
    ledger.failed('apples', 2)
    t.strictSame(ledger.counted('bread', 3, view(2 + hasCounted, { apples: 1 + hasCounted, bread: 3 })), [])
    t.strictSame(kinds(ledger.counted('bread', 4, view(2 + hasCounted, { apples: 1 + hasCounted, bread: 4 }))), [
      'write lost',
    ])
  }
})

t.test('a counter that went back, one that went too far, and an item that is missing are each found once', async t => {
  const ledger = new Ledger()
  ledger.counted('apples', 1, view(1, { apples: 1 }))
  t.strictSame(kinds(ledger.seen(view(0, { apples: 1 }))), ['write lost'])
  t.strictSame(kinds(ledger.seen(view(0, { apples: 1 }))), [])
  t.strictSame(kinds(ledger.seen(view(5, { apples: 1 }))), ['write doubled'])
  t.strictSame(kinds(ledger.seen(view(5, {}))), ['write lost'])
  t.strictSame(kinds(ledger.seen(view(5, {}))), [])
})

t.test('another session is one finding, and the truth from then on', async t => {
  const ledger = new Ledger()
  ledger.counted('apples', 1, view(1, { apples: 1 }))
  t.strictSame(kinds(ledger.counted('bread', 2, view(1, { bread: 2 }, { id: 's2' }))), ['id changed'])
  t.strictSame(ledger.counted('bread', 3, view(2, { bread: 3 }, { id: 's2' })), [])
})

t.test('what a stale answer does not show is not lost, and may be back with the next one', async t => {
  const ledger = new Ledger()
  ledger.counted('apples', 1, view(1, { apples: 1 }))
  t.strictSame(kinds(ledger.counted('bread', 2, view(1, { bread: 2 }, { stale: true }))), ['stale'])
  t.strictSame(ledger.seen(view(1, { apples: 1, bread: 2 })), [])
  t.strictSame(kinds(ledger.seen(view(1, { bread: 2 }))), ['write lost'])
})
