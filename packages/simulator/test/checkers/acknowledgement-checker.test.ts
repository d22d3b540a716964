import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

const acknowledged = (holders: string[], before: (h: HistoryBuilder) => unknown = () => {}) => {
  const h = new HistoryBuilder()
  before(h)
  return h.writes('ann', 'a', 's', { x: [1, null] }, { holders })
}

t.test('what is said to be held is held by the one that answered and one more', async t => {
  t.strictSame(acknowledged(['a1', 'c1']).violations('I2'), [])
  t.match(acknowledged(['a1']).violations('I2'), [
    /a told ann \(request 1\) that what it did is held, and only a1 had it/,
  ])
  t.match(acknowledged([]).violations('I2'), [/it had not even got it itself/])
  t.equal(acknowledged(['b1', 'c1']).violations('I2').length, 1, 'the one that answered does not have it')
})

t.test('where one is to hold a session, by that one, and it need not be the one that answered', async t => {
  const held = (copies: number, holders: string[]) =>
    new HistoryBuilder(['a', 'b'], { copies }).writes('ann', 'a', 's', { x: [1, null] }, { holders }).violations('I2')
  t.strictSame(held(1, ['b1']), [])
  t.equal(held(1, []).length, 1)
  t.equal(held(2, ['b1']).length, 1)
})

t.test('that is so whatever is wrong', async t => {
  t.equal(acknowledged(['a1'], before => before.fault('F23')).violations('I2').length, 1)
})

t.test('a holder may have died before the answer left', async t => {
  const h = new HistoryBuilder()
  const request = h.request('ann', 'a', 's')
  h.kill('b').answer(request, { acknowledged: 'held', holders: ['a1'] })
  t.strictSame(h.violations('I2'), [])
})

t.test('a holder may have something greater by then, when another process writes as well', async t => {
  const h = acknowledged(['a1'], before => before.writes('bob', 'b', 's', { x: [2, null] }))
  t.strictSame(h.violations('I2'), [])
  t.match(h.check().figures, { heldByFewExcused: 1 })
  const long = acknowledged(['a1'], before => before.writes('bob', 'b', 's', { x: [2, null] }).after(10_000))
  t.equal(long.violations('I2').length, 1)
})

const forbidden = { acknowledgement: { degradedInCalm: 'forbidden' as const } }
const degrades = (h: HistoryBuilder) =>
  h.writes('ann', 'a', 's', { x: [1, null] }, { acknowledged: 'degraded', holders: ['a1'] })

t.test('a degraded answer while nothing is wrong is counted, or told where it is forbidden', async t => {
  const h = degrades(new HistoryBuilder().after(6_000))
  t.strictSame(h.violations('I2'), [])
  t.match(h.check().figures, { degradedInCalm: 1 })
  t.match(h.violations('I2', forbidden), [/that nobody else has acknowledged it, although nothing has been wrong/])
  t.equal(degrades(new HistoryBuilder().fault('F20').after(6_000)).violations('I2', forbidden).length, 1, 'no excuse')
})

t.test('an answer may be degraded when something was wrong, or nobody else is there', async t => {
  for (const h of [new HistoryBuilder().after(3_000), new HistoryBuilder().fault('F24').after(9_000)])
    t.strictSame(degrades(h).violations('I2', forbidden), [])
  t.strictSame(degrades(new HistoryBuilder(['a']).after(9_000)).violations('I2', forbidden), [])
})

t.test('where few certificates are kept, a session that was ended meanwhile may have been forgotten', async t => {
  const capped = { acknowledgement: { areCertificatesCapped: true } }
  const h = () => new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] }, { holders: ['b1', 'c1'] })
  t.equal(h().violations('I2', capped).length, 1, 'nobody has ended it')
  t.strictSame(
    h()
      .logout('ann', 'b', 's', { holders: ['a1', 'b1'] })
      .violations('I2', capped),
    [],
  )
  t.equal(h().logout('ann', 'b', 's').violations('I2').length, 1, 'without a cap it is remembered')
})

t.test(
  'where few certificates are kept, a holder may have forgotten an end, and been told of the session after that',
  async t => {
    const capped = { acknowledgement: { areCertificatesCapped: true } }
    const h = () =>
      new HistoryBuilder().ask('ann', 'c', 's', { session: 'n', ended: ['s'], acknowledged: 'held', holders: ['c1'] })
    t.equal(h().violations('I2', capped).length, 1, 'nobody else writes in it')
    const written = () => h().writes('bob', 'a', 's', { x: [1, null] }, { holders: ['a1', 'b1'] })
    t.strictSame(written().violations('I2', capped), [])
    t.equal(written().violations('I2').length, 1, 'without a cap it is remembered')
  },
)
