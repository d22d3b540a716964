import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

const ALL = ['a', 'b', 'c']
const LIMIT_MS = 20_000
const healed = () => new HistoryBuilder(ALL, { idleLimitMs: LIMIT_MS }).phase('healed').after(10_000)
/** Long enough that a use by reading has been told of. */
const TOLD_MS = 6_000
const says = (h: HistoryBuilder, node: string, idleMs: number) => h.copies(node, { s: { x: 1 } }, { idleMs })

t.test('no copy was used later than anybody asked for it', async t => {
  const used = () => healed().ask('ann', 'a', 's').after(8_000)
  t.strictSame(says(used(), 'b', 8_000).check().violations, [])
  t.strictSame(says(used(), 'b', 5_000).violations('I9'), [], 'news take their time')
  t.match(says(used(), 'b', 4_000).violations('I9'), [
    /session s was used 4000 ms ago, says b: nobody has asked for it for 80\d+ ms/,
  ])
  const still = used().process('c', 'pause').process('c', 'resume')
  t.strictSame(says(still, 'b', 1_000).violations('I9'), [], 'who stood still tells late of what it knew')
  t.strictSame(says(used().fault('F23').fault('F23', true), 'b', 1_000).violations('I9'), [], 'and so does who was cut')
  t.strictSame(says(used().ask('bob', 'c', undefined), 'b', 10).violations('I9'), [], 'that may have been this session')
  const asking = used()
  asking.request('bob', 'c', 's')
  t.strictSame(says(asking.after(9_000), 'b', 10).violations('I9'), [], 'it may still be in use')
  t.equal(says(used(), 'b', 8_000).check().figures.usesCompared, 1)
})

t.test('all know of a use that was long enough ago', async t => {
  const read = (ms = TOLD_MS) => healed().ask('ann', 'a', 's').after(ms)
  t.strictSame(says(read(), 'b', TOLD_MS + 2_000).violations('I7'), [])
  t.match(says(read(), 'b', TOLD_MS + 4_000).violations('I7'), [
    /session s has been idle for 10000 ms, says b: a has answered with it 60\d+ ms ago/,
  ])
  t.strictSame(says(read(3_000), 'b', 15_000).violations('I7'), [], 'nobody need have been told yet')
  const wrote = (ms: number) =>
    healed()
      .writes('ann', 'a', 's', { x: [1, null] })
      .after(ms)
  t.match(says(wrote(3_100), 'b', 15_000).violations('I7'), [/has been idle for 15000 ms/], 'a commit tells at once')
  t.strictSame(says(read().kill('a').after(7_000), 'b', 30_000).violations('I7'), [], 'it took that along')
  t.strictSame(says(read(1_000).start('b').after(7_000), 'b', 30_000).violations('I7'), [], 'it has joined since')
  const few = new HistoryBuilder(ALL, { idleLimitMs: LIMIT_MS, copies: 2 }).phase('healed').after(10_000)
  const wroteOne = few.writes('ann', 'a', 's', { x: [1, null] }).after(3_100)
  t.strictSame(says(wroteOne, 'b', 15_000).violations('I7'), [], 'only those that hold it were told of the commit')
  t.strictSame(says(read().process('c', 'stall'), 'b', 30_000).violations('I7'), [], 'something was wrong just then')
  const stale = healed().ask('ann', 'a', 's', { isStale: true }).after(TOLD_MS)
  t.strictSame(says(stale, 'b', 30_000).violations('I7'), [])
  t.equal(says(read(), 'b', TOLD_MS).check().figures.usesAwaited, 1)
})

t.test('before everything has healed nobody need know', async t => {
  const h = new HistoryBuilder(ALL, { idleLimitMs: LIMIT_MS }).after(10_000).ask('ann', 'a', 's').after(TOLD_MS)
  t.strictSame(says(h, 'b', 30_000).check().violations, [])
})
