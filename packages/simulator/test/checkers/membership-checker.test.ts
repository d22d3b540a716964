import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

t.test('views that agree with who is there', async t => {
  const h = new HistoryBuilder()
  h.after(10_000).ask('ann', 'a', undefined).kill('c').after(1_000).view('a', 'b').view('b', 'a').after(10_000)
  t.strictSame(h.ask('ann', 'a', undefined).violations('I8'), [])
  t.match(h.check().figures, { quietPeriodsChecked: 2, viewsChecked: 5 })
})

t.test('a live connected member that is excluded while nothing is wrong is told', async t => {
  const h = new HistoryBuilder().after(10_000).view('a', 'b')
  t.match(h.violations('I8'), [/a has not c in its view, who live and are connected/])
})

t.test('a member that is gone and still seen is told, after the time that detection may take', async t => {
  const h = new HistoryBuilder().after(10_000).kill('c').after(3_000).ask('ann', 'a', undefined)
  t.strictSame(h.violations('I8'), [], 'too early to say')
  h.view('a', 'b').after(3_000).ask('ann', 'a', undefined)
  t.match(h.violations('I8'), [/b still has c in its view, who are not there/])
})

t.test('views need not agree while a fault is open, nor just after it', async t => {
  const h = new HistoryBuilder().fault('F23').after(20_000).view('a', 'b')
  h.fault('F23', true).after(1_000).view('b', 'a')
  t.strictSame(h.violations('I8'), [])
  t.equal(h.after(10_000).ask('ann', 'a', undefined).violations('I8').length, 2)
})

t.test('a new process must be seen when it serves, and not before', async t => {
  const joined = new HistoryBuilder().kill('c').agree('a', 'b').process('c', 'start')
  t.strictSame(joined.after(10_000).ask('ann', 'a', undefined).violations('I8'), [])
  joined.process('c', 'ready').after(10_000).ask('ann', 'a', undefined)
  t.equal(joined.violations('I8').length, 3, 'neither a nor b has it, and it has neither')
})

t.test('a pause is no quiet', async t => {
  const h = new HistoryBuilder().process('c', 'pause').after(20_000).view('a', 'b').view('b', 'a')
  h.process('c', 'resume').after(1_000).agree('a', 'b', 'c').after(10_000).ask('ann', 'a', undefined)
  t.strictSame(h.violations('I8'), [])
})
