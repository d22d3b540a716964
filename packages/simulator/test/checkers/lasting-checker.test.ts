import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

const ALL = ['a', 'b', 'c']

t.test('a write that is there, or that a later one replaced, is kept', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null], y: [2, null] })
    .writes('ann', 'b', 's', { x: [3, 1] })
    .writes('bob', 'c', 's', { x: [4, 3] })
    .end(ALL, { s: { x: 4, y: 2 } })
  t.strictSame(h.check().violations, [])
  t.match(h.check().figures, { acknowledgedWritesChecked: 4, lostWithHolders: 0 })
})

t.test('a write whose predecessor is there at the end is lost', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'b', 's', { x: [2, 1] })
    .writes('ann', 'b', 's', { x: [3, 2] })
    .end(ALL, { s: { x: 1 } })
  t.match(h.violations('I2'), [
    /the write 3 of x in session s, acknowledged as held to ann by b .* 1 is there, which it/,
  ])
})

t.test('a write is lost when nothing is there and nobody removed it', async t => {
  const h = new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] }).end(ALL, { s: {} })
  t.match(h.violations('I2'), [/the write 1 .* nothing is there and nobody has removed it/])
})

t.test('what two processes with one incarnation made may be taken for ended once ends are forgotten', async t => {
  const history = (retentionMs: number) =>
    new HistoryBuilder(ALL, { retentionMs })
      .fault('F42')
      .told('a', 'created', 's')
      .writes('ann', 'a', 's', { x: [1, null] })
      .process('a', 'new-incarnation')
  const found = (h: HistoryBuilder, sessions: Parameters<HistoryBuilder['end']>[1], options = {}) =>
    h.end(ALL, sessions).check(options).byInvariant.I2
  for (const sessions of [{}, { s: 'dead' as const }]) {
    t.equal(found(history(10), sessions), 0)
    t.equal(found(history(10_000), sessions), 1, 'nobody has forgotten an end')
    t.equal(found(history(10_000), sessions, { twins: { areCertificatesCapped: true } }), 0, 'somebody may have')
  }
  t.equal(found(history(10), { s: {} }), 1, 'it is there without what was written')
})

t.test('a removal elsewhere may have won', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'a', 's', { x: [2, 1] })
    .writes('bob', 'b', 's', { x: [null, 1] })
    .told('c', 'conflict', 's', { name: 'x', kept: null, dropped: 2 })
    .end(ALL, { s: {} })
  t.strictSame(h.check().violations, [])
})

t.test('a write after its own removal does not fall to that removal', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'a', 's', { x: [null, 1] })
    .writes('ann', 'b', 's', { x: [2, null] })
    .end(ALL, { s: {} })
  t.match(h.violations('I2'), [/the write 2 .* by a removal that it had replaced/])
  const served = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('bob', 'a', 's', { x: [null, 1] })
    .writes('cid', 'b', 's', { x: [2, null] })
    .told('b', 'conflict', 's', { name: 'x', kept: null, dropped: 2 })
    .end(ALL, { s: {} })
  t.strictSame(served.check().violations, [], 'of a client that did not know of it, it may')
})

t.test('a removed attribute that is there again was undone', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'b', 's', { x: [null, 1] })
    .end(ALL, { s: { x: 1 } })
  t.match(h.violations('I4'), [/the removal of 1 under x in session s/])
  t.strictSame(h.violations('I2'), [])
})

t.test('a removed attribute is undone too when what the removed value had replaced is there', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'a', 's', { x: [2, 1] })
    .writes('ann', 'b', 's', { x: [null, 2] })
    .end(ALL, { s: { x: 1 } })
  t.match(h.violations('I4'), [/the removal of 2/])
})

t.test('a value written by somebody who had not seen the removal may stay', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'b', 's', { x: [null, 1] })
    .writes('bob', 'c', 's', { x: [2, 1] })
    .told('a', 'conflict', 's', { name: 'x', kept: 2, dropped: null })
    .end(ALL, { s: { x: 2 } })
  t.strictSame(h.check().violations, [])
})

t.test('what all holders took with them is lost legitimately, and counted', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'a', 's', { x: [2, 1] }, { holders: ['a1', 'b1'] })
    .kill('a')
    .kill('b')
    .agree('c')
    .end(['c'], { s: { x: 1 } })
  t.strictSame(h.check().violations, [])
  t.match(h.check().figures, { lostWithHolders: 1, acknowledgedWritesChecked: 1 })
})

t.test('it is lost without excuse while one holder lives', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'a', 's', { x: [2, 1] }, { holders: ['a1', 'b1'] })
    .kill('a')
    .start('a')
    .agree(...ALL)
    .end(ALL, { s: { x: 1 } })
  t.equal(h.violations('I2').length, 1)
})

t.test('a degraded answer promises nothing', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'a', 's', { x: [2, 1] }, { acknowledged: 'degraded' })
    .end(ALL, { s: { x: 1 } })
  t.strictSame(h.check().violations, [])
  t.match(h.check().figures, { degraded: 1 })
})

t.test('where nobody can look inside, the one that answered and one more must have died', async t => {
  const lost = (h: HistoryBuilder, left: string[]) => h.agree(...left).end(left, { s: { x: 1 } })
  const written = () => {
    const h = new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] })
    const request = h.request('ann', 'a', 's')
    return h.answer(request, { session: 's', wrote: [{ name: 'x', version: 2, base: 1 }], acknowledged: 'held' })
  }
  t.strictSame(lost(written().kill('a').kill('b'), ['c']).check().violations, [], 'b may have been the other')
  t.equal(lost(written().kill('a'), ['b', 'c']).violations('I2').length, 1, 'b or c has it')
  t.equal(lost(written().kill('b').kill('c'), ['a']).violations('I2').length, 1, 'a has it')
})

t.test('a goodbye while the ways are open hands over; in the midst of a cut it is an end like any other', async t => {
  const written = () =>
    new HistoryBuilder([...ALL, 'd'])
      .writes('ann', 'a', 's', { x: [1, null] })
      .writes('ann', 'a', 's', { x: [2, 1] }, { holders: ['a1', 'd1'] })
      .kill('d')
      .after(3_000)
  const ended = (h: HistoryBuilder) => h.agree('b', 'c').end(['b', 'c'], { s: { x: 1 } })
  t.equal(ended(written().process('a', 'stop')).violations('I2').length, 1)
  t.strictSame(ended(written().fault('F23').process('a', 'stop').phase('healed')).check().violations, [])
  const healedMeanwhile = written().fault('F23').process('a', 'stopping').after(1_000).phase('healed').after(3_000)
  t.strictSame(ended(healedMeanwhile.process('a', 'stop')).check().violations, [], 'it had given up leaving by then')
  const tookItsTime = written().process('a', 'stopping').after(4_000).process('a', 'stop')
  t.equal(ended(tookItsTime).violations('I2').length, 1)
  const heirsDied = written().process('a', 'stop').kill('b').kill('c').start('b').start('c')
  t.strictSame(ended(heirsDied).check().violations, [], 'the heirs have died too')
})

t.test('who says goodbye while another one stands still hands over to those that do not', async t => {
  const written = (run = {}) =>
    new HistoryBuilder(ALL, run).writes('ann', 'a', 's', { x: [2, null] }, { holders: ['a1'] }).after(3_000)
  const left = (h: HistoryBuilder, still: string) => h.fault('F07').process(still, 'pause').process('a', 'stop')
  const lost = (h: HistoryBuilder) =>
    h
      .agree('b', 'c')
      .end(['b', 'c'], {})
      .violations('I2')
      .filter(what => what.includes('the whole session is nowhere')).length
  t.equal(lost(left(written(), 'b')), 1, 'c has it')
  t.equal(lost(left(written(), 'b').kill('c')), 0, 'nobody has it who lives')
  t.equal(lost(left(written({ copies: 2 }), 'b')), 0, 'it may have been meant for b alone')
  t.equal(lost(written().fault('F07').process('a', 'stop')), 0, 'nobody says who stands still')
})

t.test('of a session that was ended nothing need be left', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .logout('ann', 'b', 's')
    .told('b', 'destroyed', 's')
    .end(ALL, { s: 'dead' })
  t.strictSame(h.check().violations, [])
})

t.test('a session that is nowhere, or dead, without anybody having ended it is lost', async t => {
  const written = () => new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] })
  t.match(written().end(ALL, {}).violations('I2'), [/the whole session is nowhere/])
  t.match(written().end(ALL, { s: 'dead' }).violations('I2'), [/session s is dead on a, b, c, and nobody has ended it/])
  const idle = written().after(1_700_000).end(ALL, {})
  t.strictSame(idle.check().violations, [], 'it may have expired')
  const obscure = written()
  obscure
    .answer(obscure.request('ann', 'a', 's'), { outcome: 'lost' })
    .kill('a')
    .agree('b', 'c')
  t.strictSame(
    obscure.end(['b', 'c'], { s: 'dead' }).check().violations,
    [],
    'a request without an answer may have ended it',
  )
})

t.test('a change of id carries the values over', async t => {
  const renamed = () =>
    new HistoryBuilder()
      .writes('ann', 'a', 's', { x: [1, null] })
      .ask('ann', 'b', 's', {
        session: 't',
        ended: ['s'],
        read: { x: 1 },
        wrote: [],
        acknowledged: 'held',
        holders: ['a1', 'b1'],
      })
      .told('b', 'created', 't')
      .told('b', 'destroyed', 's')
  t.strictSame(
    renamed()
      .end(ALL, { s: 'dead', t: { x: 1 } })
      .check().violations,
    [],
  )
  t.match(renamed().end(ALL, { s: 'dead', t: {} }).violations('I2'), [/the write 1 of x in session t/])
})

t.test('a change of id carries over what its client had seen, although that request did not look', async t => {
  const renamed = (x: number | null) =>
    new HistoryBuilder()
      .writes('ann', 'a', 's', { x: [1, null] })
      .writes('ann', 'a', 's', { x: [2, 1] })
      .ask('ann', 'b', 's', { session: 't', ended: ['s'], wrote: [], acknowledged: 'held', holders: ['a1', 'b1'] })
      .told('b', 'created', 't')
      .told('b', 'destroyed', 's')
      .end(ALL, { s: 'dead', t: { x } })
  t.strictSame(renamed(2).check().violations, [])
  t.match(renamed(1).violations('I2'), [/the write 2 of x in session t/])
})

t.test('under a merge function all that nobody took out must be there', async t => {
  const merged = (cart: number[]) =>
    new HistoryBuilder()
      .reads('ann', 'a', 's', { cart: [] })
      .writes('ann', 'a', 's', { cart: [1, null] })
      .writes('bob', 'b', 's', { cart: [2, null] })
      .writes('ann', 'c', 's', { cart: [3, 1] })
      .end(ALL, { s: { cart } })
  t.strictSame(merged([2, 3]).check().violations, [])
  t.strictSame(merged([1, 2, 3]).violations('I2'), [], 'what was taken out may have stayed: sets add')
  t.match(merged([3]).violations('I2'), [/the write 2 of cart .* \[3\] is there/])
})

t.test('a value that a request wrote before it was lost may be there', async t => {
  const h = new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] })
  const lost = h.request('ann', 'a', 's')
  h.kill('a').answer(lost, { outcome: 'lost', wrote: [{ name: 'x', version: 2, base: 1 }] })
  t.strictSame(
    h
      .agree('b', 'c')
      .end(['b', 'c'], { s: { x: 2 } })
      .check().violations,
    [],
  )
})

t.test('where copies move, what K processes took with them in a row may be lost', async t => {
  const written = () =>
    new HistoryBuilder([...ALL, 'd'], { copies: 2 }).writes(
      'ann',
      'a',
      's',
      { x: [1, null] },
      { holders: ['a1', 'b1'] },
    )
  const gone = (h: HistoryBuilder, left: string[]) =>
    h
      .agree(...left)
      .end(left, {})
      .violations('I2')
  t.strictSame(gone(written().kill('c').kill('d'), ['a', 'b']), [], 'those two may have had it by then')
  t.equal(gone(written().kill('c'), ['a', 'b', 'd']).length, 1)
  t.equal(gone(written().kill('c').after(20_000).kill('d'), ['a', 'b']).length, 1, 'the copies had been made again')
  t.equal(
    gone(written().after(5_000).process('a', 'stop').process('b', 'stop'), ['c', 'd']).length,
    1,
    'both left theirs',
  )
})

t.test('where copies move, so may what its owner acknowledged and took with it before the answer left', async t => {
  const wrote = [{ name: 'x', version: 1, base: null }]
  const answer = { session: 's', wrote, acknowledged: 'held', holders: ['a1'] } as const
  const began = new HistoryBuilder(['a', 'b'], { copies: 1 })
  const request = began.request('ann', 'a', 's')
  const killed = began.kill('b').answer(request, answer).agree('a').end(['a'], {})
  t.strictSame(killed.violations('I2'), [])
  const before = new HistoryBuilder(['a', 'b'], { copies: 1 }).kill('b').ask('ann', 'a', 's', answer)
  const lost = before.agree('a').end(['a'], {}).violations('I2')
  t.match(lost.at(-1), /is lost/, 'the dead cannot have had it')
})

t.test(
  'where copies move, a goodbye to nobody but those that have just begun takes along what nobody else has',
  async t => {
    const written = () =>
      new HistoryBuilder(['a', 'b'], { copies: 2 }).writes('ann', 'a', 's', { x: [1, null] }, { holders: ['a1', 'b1'] })
    const left = (h: HistoryBuilder) => h.after(3_000).process('a', 'stop').start('a')
    const nowhere = (h: HistoryBuilder) => h.start('b').agree('a', 'b').end(['a', 'b'], {}).violations('I2').length
    t.equal(nowhere(left(written()).process('b', 'stop', 's')), 0)
    t.equal(nowhere(left(written()).process('b', 'stop', 'another')), 1, 'the new one has it already')
    t.equal(nowhere(left(written()).after(3_000).process('b', 'stop', 's')), 1, 'there was time to hand it over')
  },
)

t.test('when the last process ends, everything is gone, goodbyes or not', async t => {
  const written = () =>
    new HistoryBuilder(ALL, { copies: 2 }).writes('ann', 'a', 's', { x: [1, null] }, { holders: ['a1', 'b1'] })
  const stopped = (h: HistoryBuilder, ...nodes: string[]) => nodes.reduce((h, node) => h.process(node, 'stop'), h)
  const emptied = stopped(written().after(5_000), 'a', 'b', 'c').start('a').start('b').agree('a', 'b')
  t.equal(emptied.end(['a', 'b'], {}).violations('I2').length, 0)
  const kept = stopped(written().after(5_000), 'a', 'b').start('a').agree('a', 'c')
  t.equal(kept.end(['a', 'c'], {}).violations('I2').length, 1, 'one was there throughout')
  const later = stopped(new HistoryBuilder(ALL, { copies: 2 }), 'a', 'b', 'c')
    .start('a')
    .start('b')
    .agree('a', 'b')
  later.writes('ann', 'a', 's', { x: [1, null] }, { holders: ['a2', 'b2'] })
  t.equal(later.end(['a', 'b'], {}).violations('I2').length, 1, 'what came afterwards is not excused')
})
