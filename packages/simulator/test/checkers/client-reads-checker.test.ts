import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

t.test('a client that reads what it wrote, or something newer, has nothing to complain of', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .reads('ann', 'b', 's', { x: 1 })
    .writes('bob', 'c', 's', { x: [2, 1] })
    .reads('ann', 'a', 's', { x: 2 })
  t.strictSame(h.check().violations, [])
  t.match(h.check().figures, { readsChecked: 2, answersUnflagged: 4 })
})

t.test('a client must not read what its own write had replaced', async t => {
  const h = new HistoryBuilder()
    .writes('bob', 'a', 's', { x: [1, null] })
    .writes('ann', 'a', 's', { x: [2, 1] })
    .reads('ann', 'b', 's', { x: 1 })
  t.match(h.violations('I5'), [
    /ann \(request 3\) read, unflagged, x = 1 of session s from b, having seen 2: which that had replaced/,
  ])
})

t.test('what was written when the cookie was on its way need not be read by its client, and lasts', async t => {
  const wrote = [{ name: 'x', version: 2, base: 1, isLate: true as const }]
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .ask('ann', 'a', 's', { wrote, read: { x: 1 }, acknowledged: 'held', holders: ['a1', 'b1', 'c1'] })
    .reads('ann', 'b', 's', { x: 1 })
  t.strictSame(h.violations('I5'), [])
  t.equal(h.end(['a', 'b', 'c'], { s: { x: 1 } }).violations('I2').length, 1)
})

t.test('a client must not read what a write that it has read had replaced, however far back', async t => {
  const h = new HistoryBuilder()
    .writes('bob', 'a', 's', { x: [1, null] })
    .writes('bob', 'a', 's', { x: [2, 1] })
    .writes('bob', 'a', 's', { x: [3, 2] })
    .reads('ann', 'a', 's', { x: 3 })
    .reads('ann', 'b', 's', { x: 1 })
  t.equal(h.violations('I5').length, 1)
})

t.test('a client must not find nothing where it wrote, unless somebody removed it', async t => {
  const written = () => new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] })
  t.match(written().reads('ann', 'b', 's', { x: null }).violations('I5'), [/x = null .* having seen 1: and nobody had/])
  const removed = written().writes('bob', 'c', 's', { x: [null, 1] })
  t.strictSame(removed.reads('ann', 'b', 's', { x: null }).violations('I5'), [])
  const later = written()
    .reads('ann', 'b', 's', { x: null })
    .writes('bob', 'c', 's', { x: [null, 1] })
  t.equal(later.violations('I5').length, 1, 'who removed it later is no excuse')
})

t.test('a removal in an answer that comes later may have been seen before it', async t => {
  const h = new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] })
  const slow = h.request('bob', 'c', 's')
  h.reads('ann', 'b', 's', { x: null }).answer(slow, {
    session: 's',
    wrote: [{ name: 'x', version: null, base: 1 }],
    acknowledged: 'held',
  })
  t.strictSame(h.violations('I5'), [])
})

t.test('a removal is not undone for its own client', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'a', 's', { x: [null, 1] })
    .reads('ann', 'b', 's', { x: 1 })
  t.match(h.violations('I5'), [/x = 1 .* which it had already seen replaced/])
})

t.test('of two concurrent values a client never sees one, then the other, then the one again', async t => {
  const both = () =>
    new HistoryBuilder()
      .writes('bob', 'a', 's', { x: [1, null] })
      .writes('cid', 'b', 's', { x: [2, null] })
      .reads('ann', 'a', 's', { x: 1 })
      .reads('ann', 'b', 's', { x: 2 })
  t.strictSame(both().violations('I5'), [])
  t.match(both().reads('ann', 'a', 's', { x: 1 }).violations('I5'), [/which it had already seen replaced/])
})

t.test(
  'a flagged answer owes nothing, and where it takes everything what comes after it is measured by it',
  async t => {
    const clientReads = { flagTakes: 'everything' } as const
    const flagged = () =>
      new HistoryBuilder()
        .writes('ann', 'a', 's', { x: [1, null] })
        .writes('ann', 'a', 's', { x: [2, 1] })
        .reads('ann', 'b', 's', { x: 1 }, { isStale: true })
    t.strictSame(flagged().reads('ann', 'b', 's', { x: 1 }).violations('I5', { clientReads }), [])
    t.match(flagged().check().figures, { answersStale: 1, staleShare: 1 / 3 })
    const newer = flagged().reads('ann', 'a', 's', { x: 2 }).reads('ann', 'b', 's', { x: 1 })
    t.equal(newer.violations('I5', { clientReads }).length, 1)
  },
)

t.test('a request that was sent before another one was answered need not know of it', async t => {
  const h = new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] })
  const early = h.request('ann', 'b', 's')
  h.writes('ann', 'a', 's', { x: [2, 1] }).answer(early, { session: 's', read: { x: 1 } })
  t.strictSame(h.violations('I5'), [])
  t.strictSame(h.reads('ann', 'b', 's', { x: 1 }).violations('I5'), [], 'the browser has the cookie that came last')
  t.equal(h.reads('ann', 'b', 's', { x: null }).violations('I5').length, 1, 'either cookie knows of 1')
})

t.test('other clients need not see what this one has seen', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'a', 's', { x: [2, 1] })
    .reads('bob', 'b', 's', { x: 1 })
  t.strictSame(h.violations('I5'), [])
})

t.test('a change of id carries over what the client has seen', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'a', 's', { x: [2, 1] })
    .ask('ann', 'b', 's', { session: 't', ended: ['s'], acknowledged: 'held' })
    .reads('ann', 'c', 't', { x: 1 })
  t.match(h.violations('I5'), [/x = 1 of session t/])
})

t.test('an answer nobody got teaches the client nothing', async t => {
  const h = new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] })
  const lost = h.request('ann', 'b', 's')
  h.kill('b').answer(lost, { outcome: 'lost', wrote: [{ name: 'x', version: 2, base: 1 }] })
  t.strictSame(h.reads('ann', 'a', 's', { x: 1 }).violations('I5'), [])
})

t.test('under a merge function nothing goes missing that nobody took out', async t => {
  const seen = () =>
    new HistoryBuilder().writes('bob', 'a', 's', { cart: [1, null] }).reads('ann', 'a', 's', { cart: [1, 2] })
  t.strictSame(
    seen()
      .reads('ann', 'b', 's', { cart: [2, 1, 3] })
      .violations('I5'),
    [],
  )
  t.match(
    seen()
      .reads('ann', 'b', 's', { cart: [2] })
      .violations('I5'),
    [/cart = \[2\] .* having seen \[1, 2\]/],
  )
  const out = seen().writes('bob', 'a', 's', { cart: [4, 1] })
  t.strictSame(out.reads('ann', 'b', 's', { cart: [2, 4] }).violations('I5'), [])
  const own = seen().reads('ann', 'a', 's', { cart: [1, 2] }, { wrote: [{ name: 'cart', version: 5, base: null }] })
  t.equal(own.reads('ann', 'b', 's', { cart: [1, 2] }).violations('I5').length, 1, 'its own too')
})

t.test('what a session that died meanwhile did not take, nobody need read', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'a', 's', { x: [2, 1] }, { acknowledged: 'nothing' })
    .reads('ann', 'a', 's', { x: 1 })
  t.strictSame(h.violations('I5'), [])
})

t.test('where the history says which cookie was sent, the answer is measured by just that one', async t => {
  const overtaken = (cookieFrom: number) => {
    const h = new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] })
    const early = h.request('ann', 'b', 's', 1)
    const late = h.request('ann', 'a', 's', 1)
    h.answer(late, { session: 's', wrote: [{ name: 'x', version: 2, base: 1 }], acknowledged: 'held' })
    h.answer(early, { session: 's', read: { x: 1 } })
    return h.reads('ann', 'b', 's', { x: 1 }, {}, cookieFrom)
  }
  t.strictSame(overtaken(2).violations('I5'), [], 'the cookie of the answer that came last')
  t.equal(overtaken(3).violations('I5').length, 1, 'the cookie of the write')
})

t.test('a cookie that is sent on after an answer stands for what that answer read', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('bob', 'a', 's', { x: [2, 1] })
    .reads('ann', 'a', 's', { x: 2 }, {}, 1)
    .reads('ann', 'b', 's', { x: 1 }, {}, 1)
  t.match(h.violations('I5'), [/x = 1 of session s from b, having seen 2/])
})

t.test('a page from the past is measured by the cookie that it keeps, whatever it has read since', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('bob', 'a', 's', { x: [2, 1] })
    .ask('ann', 'a', 's', { session: 't', isNew: true, acknowledged: 'held' }, 1)
    .reads('ann', 'a', 's', { x: 2 }, {}, 1)
    .reads('ann', 'b', 's', { x: 1 }, {}, 1)
  t.strictSame(h.violations('I5', { lostSessions: { demand: 'never' } }), [])
})

t.test(
  'nor by what an answer read that takes the cookie back, because the session had ended by then (seed 1985208)',
  async t => {
    const h = new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] }).writes('bob', 'a', 's', { x: [2, 1] })
    const looking = h.request('ann', 'a', 's', 1)
    h.logout('bob', 'a', 's')
      .answer(looking, { read: { x: 2 } })
      .reads('ann', 'b', 's', { x: 1 }, {}, 1)
    t.strictSame(h.violations('I5'), [])
  },
)

t.test('a browser that was handed a cookie can expect what that cookie stands for', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'a', 's', { x: [2, 1] }, {}, 1)
    .reads('bob', 'b', 's', { x: 1 }, {}, 2)
  t.match(h.violations('I5'), [/bob \(request 3\) read, unflagged, x = 1/])
})

t.test('a flagged answer that sets no cookie takes nothing from the one that is sent on', async t => {
  const flagged = (cookieFrom: number) =>
    new HistoryBuilder()
      .writes('ann', 'a', 's', { x: [1, null] })
      .writes('ann', 'a', 's', { x: [2, 1] }, {}, 1)
      .reads('ann', 'b', 's', { x: 1 }, { isStale: true }, 2)
      .reads('ann', 'b', 's', { x: 1 }, {}, cookieFrom)
  t.equal(flagged(2).violations('I5').length, 1)
  const clientReads = { flagTakes: 'everything' } as const
  t.strictSame(flagged(3).violations('I5', { clientReads }), [], 'its own cookie stands for what it read')
})

t.test(
  'what a flagged answer without a cookie has shown is owed to nobody: the session may have ended beneath it',
  async t => {
    const h = new HistoryBuilder()
      .writes('ann', 'a', 's', { x: [1, null] })
      .writes('ann', 'a', 's', { x: [2, 1] }, {}, 1)
      .reads('bob', 'a', 's', { x: 2 }, { isStale: true }, 1)
    t.strictSame(h.reads('bob', 'b', 's', { x: 1 }, {}, 1).violations('I5'), [])
  },
)

t.test('what a client had seen before a flagged answer is owed to it again, while a holder lives', async t => {
  const flagged = (holders = ['a1', 'b1']) =>
    new HistoryBuilder()
      .writes('ann', 'a', 's', { x: [1, null] })
      .writes('ann', 'a', 's', { x: [2, 1] }, { holders })
      .reads('ann', 'b', 's', { x: 1 }, { isStale: true })
  t.match(flagged().reads('ann', 'b', 's', { x: 1 }).violations('I5'), [
    /having seen 2: .* only a flagged answer came between/,
  ])
  t.strictSame(flagged().reads('ann', 'b', 's', { x: 1 }, { isStale: true }).violations('I5'), [])
  t.match(flagged().reads('ann', 'b', 's', { x: null }).violations('I5'), [
    /having seen 1: and nobody had removed it$/,
    /having seen 2: and nobody had removed it; only a flagged answer came between/,
  ])
  t.strictSame(flagged().reads('ann', 'b', 's', { x: 2 }).violations('I5'), [])
  t.strictSame(flagged(['a1']).kill('a').reads('ann', 'b', 's', { x: 1 }).violations('I5'), [], 'its holder has died')
  const renamed = flagged().ask('ann', 'b', 's', { session: 't', ended: ['s'], isStale: true })
  t.strictSame(renamed.reads('ann', 'b', 't', { x: 1 }).violations('I5'), [], 'the rest has ended with the old session')
})
