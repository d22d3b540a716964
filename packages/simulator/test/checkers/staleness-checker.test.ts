import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

const stale = { isStale: true }
const written = (h: HistoryBuilder) => h.writes('ann', 'a', 's', { x: [1, null] })
const asksAgain = (h: HistoryBuilder) => h.reads('ann', 'b', 's', { x: 1 }, stale)
const findings = (h: HistoryBuilder) => h.violations('I5').filter(what => what.includes('although'))
/** A fault of a kind that a request may notice, and its end. */
const cutOnce = (run = {}) => written(new HistoryBuilder(['a', 'b', 'c'], run).fault('F24').fault('F24', true))

t.test('a stale answer is told when nothing has been wrong for seconds and all that was written is held', async t => {
  const h = asksAgain(cutOnce().after(6_000))
  t.match(findings(h), [/b to ann \(request 2\) with session s is flagged as stale, although nothing has been wrong/])
  const refused = cutOnce().after(6_000).ask('ann', 'b', 's', { outcome: 'refused' })
  t.match(findings(refused), [/is refused, although/])
  const busy = cutOnce().after(6_000).ask('ann', 'b', 's', { outcome: 'refused', isBusy: true })
  t.strictSame(findings(busy), [])
})

t.test('what was written in a flagged answer is no reason for the next one to be flagged', async t => {
  const flagged = cutOnce().writes('ann', 'c', 's', { x: [2, 1] }, stale)
  t.equal(findings(asksAgain(flagged.after(6_000))).length, 1)
})

t.test('heartbeats that are lost and clocks that are wrong are no reason for a stale answer', async t => {
  t.equal(findings(asksAgain(cutOnce().fault('F20').fault('F14').after(6_000))).length, 1)
})

t.test('an answer may be stale while or shortly after something is wrong', async t => {
  t.strictSame(findings(asksAgain(cutOnce().after(3_000))), [])
  t.strictSame(findings(asksAgain(cutOnce().fault('F29').after(8_000))), [])
  t.strictSame(findings(asksAgain(cutOnce().after(8_000).start('d'))), [])
})

t.test('an answer may be stale when something of its session may be lost', async t => {
  const weak = cutOnce().writes('ann', 'a', 's', { x: [2, 1] }, { acknowledged: 'degraded' })
  t.strictSame(findings(asksAgain(weak.after(6_000))), [])
  const dead = written(new HistoryBuilder())
    .writes('ann', 'c', 's', { x: [2, 1] }, { holders: ['c1'] })
    .kill('c')
  t.strictSame(findings(asksAgain(dead.after(6_000))), [])
})

t.test('after orderly ends only no answer is stale, however short ago they were', async t => {
  const h = new HistoryBuilder(['a', 'b', 'c', 'd']).after(12_000).fault('F05')
  t.match(findings(asksAgain(written(h).process('d', 'stop'))), [/although nobody has gone without a goodbye/])
  const killed = new HistoryBuilder(['a', 'b', 'c', 'd']).after(12_000).kill('d')
  t.strictSame(findings(asksAgain(written(killed))), [])
})

t.test(
  'an answer is flagged when another request has ended its session before it went out, and not when before it came',
  async t => {
    const shows = (h: HistoryBuilder, id: number) => findings(h.answer(id, { ...stale, session: 's', read: { x: 1 } }))
    const meanwhile = cutOnce().after(6_000)
    const asked = meanwhile.request('ann', 'b', 's')
    t.strictSame(shows(meanwhile.told('b', 'destroyed', 's'), asked), [])
    for (const [run, found] of [
      [{}, 1],
      [{ copies: 2 }, 0],
    ] as const) {
      const h = cutOnce(run).after(6_000)
      const request = h.request('ann', 'b', 's')
      t.equal(shows(h.told('a', 'destroyed', 's'), request).length, found, 'who holds a copy tells of its end')
    }
    const before = cutOnce().after(6_000).told('b', 'destroyed', 's').after(1)
    t.equal(shows(before, before.request('ann', 'b', 's')).length, 1)
  },
)

t.test('an answer may be stale when its session had expired, and those that follow it under the same id', async t => {
  const limited = (idleLimitMs: number) => {
    const cut = new HistoryBuilder(['a', 'b', 'c'], { idleLimitMs }).fault('F24').fault('F24', true)
    return asksAgain(asksAgain(written(cut).after(6_000))).after(1_000)
  }
  t.equal(findings(limited(10_000)).length, 2)
  t.strictSame(findings(limited(5_000)), [])
  t.strictSame(findings(asksAgain(limited(5_000))), [])
  t.equal(findings(asksAgain(limited(10_000).after(20_000))).length, 2, 'what was told before is told all the same')
})

t.test(
  'what has expired may begin anew with somebody who has just started, and is flagged as long as that is not known',
  async t => {
    const begun = (answer: object) =>
      written(new HistoryBuilder(['a', 'b', 'c'], { idleLimitMs: 4_000 }))
        .after(8_000)
        .writes('ann', 'a', 's', { x: [2, null] }, answer)
        .after(4_500)
    t.strictSame(findings(asksAgain(begun(stale))), [])
    t.equal(findings(asksAgain(begun({}))).length, 1)
  },
)
