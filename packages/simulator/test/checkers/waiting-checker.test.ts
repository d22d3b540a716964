import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

const slow = (meanwhile: (h: HistoryBuilder) => unknown = () => {}) => {
  const h = new HistoryBuilder()
  const request = h.request('ann', 'a')
  meanwhile(h.after(500))
  return h.after(2_000).answer(request)
}

t.test('an answer within the bound', async t => {
  const h = new HistoryBuilder().ask('ann', 'a', undefined)
  t.strictSame(h.violations('I11'), [])
  t.match(h.check().figures, { waitsChecked: 1, maxWaitMs: 10 })
})

t.test('an answer beyond the bound is told, whatever is wrong elsewhere', async t => {
  t.match(slow().violations('I11'), [/request 1 of ann to a waited 2510 ms for its answer; the bound is 1000 ms/])
  t.equal(slow(h => h.fault('F23')).violations('I11').length, 1)
  t.equal(slow(h => h.process('b', 'pause')).violations('I11').length, 1)
})

t.test('a process that did not run need not answer in time', async t => {
  t.strictSame(slow(h => h.process('a', 'pause').process('a', 'resume')).violations('I11'), [])
  t.strictSame(slow(h => h.process('a', 'stall')).violations('I11'), [])
  t.strictSame(slow(h => h.fault('F09').fault('F09', true)).violations('I11'), [])
})

t.test(
  'where every standstill is told of, only who stood still is excused, and only for what came before it went on',
  async t => {
    const told = { waiting: { areStandstillsTold: true } }
    const stood = (node: string) => slow(h => h.process(node, 'pause').fault('F07').process(node, 'resume'))
    t.equal(stood('b').violations('I11', told).length, 1)
    t.strictSame(stood('b').violations('I11'), [], 'anybody may have')
    t.strictSame(stood('a').violations('I11', told), [])
    const later = new HistoryBuilder().process('a', 'pause').process('a', 'resume').after(100)
    const request = later.request('ann', 'a')
    t.equal(later.after(2_000).answer(request).violations('I11', told).length, 1)
  },
)

t.test('a request that fails is told', async t => {
  const h = new HistoryBuilder().ask('ann', 'a', undefined, { outcome: 'failed', error: 'no member accepted it' })
  t.match(h.violations('I11'), [/failed: no member accepted it/])
})

t.test('a request is lost only when its process or its way is', async t => {
  const lost = (meanwhile: (h: HistoryBuilder) => unknown = () => {}) => {
    const h = new HistoryBuilder().after(1_000)
    const request = h.request('ann', 'a')
    meanwhile(h)
    return h.answer(request, { outcome: 'lost' })
  }
  t.match(lost().violations('I11'), [/was lost, although its process ran all the while/])
  const gone = new HistoryBuilder().after(1_000).ask('ann', 'a', 's', { outcome: 'lost', isAbandoned: true })
  t.strictSame(gone.violations('I11'), [], 'nobody waits for it')
  t.strictSame(lost(h => h.kill('a')).violations('I11'), [])
  t.strictSame(lost().kill('a').violations('I11'), [], 'it may be told in this order')
  t.strictSame(lost(h => h.fault('F28')).violations('I11'), [])
})

t.test('a request without an answer is told when there was time enough', async t => {
  const h = new HistoryBuilder().after(1_000)
  h.request('ann', 'a')
  t.strictSame(h.after(500).agree('a', 'b', 'c').violations('I11'), [])
  t.match(h.after(5_000).agree('a', 'b', 'c').violations('I11'), [/has had no answer for 5\d+ ms/])
  t.strictSame(h.kill('a').violations('I11'), [])
})
