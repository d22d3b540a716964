import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

const ALL = ['a', 'b', 'c']
const used = () => new HistoryBuilder(ALL, { idleLimitMs: 10_000 }).ask('ann', 'a', 's')

t.test('a session that nobody has used for its limit and a grace is gone at the end', async t => {
  const gone = used().after(50_000).end(ALL, {})
  t.strictSame(gone.check().violations, [])
  const kept = used()
    .after(50_000)
    .end(ALL, { s: { x: 1 } })
  t.match(kept.violations('I9'), [/session s is still on a, b, c, 50\d+ ms after its last use; the limit is 10000 ms/])
  t.strictSame(kept.violations('I9', { expiry: { graceMs: 45_000 } }), [], 'within its grace')
})

t.test('one that was in use, or may have been, stays', async t => {
  const asked = used().after(25_000).ask('bob', 'a', 's').after(25_000)
  t.strictSame(asked.end(ALL, { s: { x: 1 } }).violations('I9'), [])
  const touched = used().after(25_000).ask('ann', 'a', undefined).after(25_000)
  t.strictSame(touched.end(ALL, { s: { x: 1 } }).violations('I9'), [], 'its client asked without a word of it')
})

t.test('while something was wrong processes may not have been able to agree that it is idle', async t => {
  const h = used().after(25_000).fault('F23').phase('healed').after(25_000)
  t.strictSame(h.end(ALL, { s: { x: 1 } }).violations('I9'), [])
})

t.test('a session that nobody has used for its limit is not answered with', async t => {
  const late = (answer = {}) => used().after(14_000).reads('ann', 'b', 's', { x: 1 }, answer)
  t.match(late().violations('I9'), [/request 2 was answered, unflagged, with session s, 140\d\d ms after its last use/])
  t.strictSame(late({ isStale: true }).violations('I9'), [])
  t.strictSame(used().after(14_000).reads('ann', 'b', 's', { x: null }).violations('I9'), [], 'there is nothing in it')
  t.strictSame(used().after(12_000).reads('ann', 'b', 's', { x: 1 }).violations('I9'), [], 'news take their time')
  const still = used().process('c', 'pause').process('c', 'resume').after(14_000).reads('ann', 'b', 's', { x: 1 })
  t.strictSame(still.violations('I9'), [], 'who stood still heard of the last use late')
  const cut = used().fault('F23').fault('F23', true).after(14_000).reads('ann', 'b', 's', { x: 1 })
  t.strictSame(cut.violations('I9'), [], 'and so did who was cut off')
})
