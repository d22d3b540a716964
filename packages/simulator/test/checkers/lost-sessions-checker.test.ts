import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

const written = () => new HistoryBuilder().after(10_000).writes('ann', 'a', 's', { x: [1, null] })

t.test('a session that lives is not denied to its client while the cluster is quiet', async t => {
  const h = written().ask('ann', 'b', 's', { outcome: 'none' })
  t.match(h.violations('I5'), [/b told ann \(request 2\) that there is no session s, which lives/])
  const replaced = written().ask('ann', 'b', 's', { session: 't', isNew: true })
  t.equal(replaced.violations('I5').length, 1, 'a fresh one in its place is a denial too')
})

t.test('a session that was ended, expired, or lost with its holders may be denied', async t => {
  const none = (h: HistoryBuilder) => h.ask('ann', 'c', 's', { outcome: 'none' }).violations('I5')
  t.strictSame(none(written().logout('bob', 'b', 's')), [])
  t.strictSame(none(written().after(1_700_000)), [])
  t.strictSame(none(written().kill('a').kill('b').start('a').start('b').kill('c').start('c').after(10_000)), [])
  const slow = written()
  const logout = slow.request('bob', 'b', 's')
  slow.ask('ann', 'c', 's', { outcome: 'none' }).answer(logout, { ended: ['s'], acknowledged: 'held' })
  t.strictSame(slow.violations('I5'), [], 'the logout had begun')
})

t.test('in the midst of faults a session that lives is not denied either: the answer is flagged', async t => {
  const h = written().fault('F24').ask('ann', 'b', 's', { outcome: 'none' })
  t.match(h.violations('I5'), [/b told ann \(request 2\) that there is no session s, which lives/])
  t.match(h.check().figures, { lostSessionsUnderFaults: 1, answersNone: 1 })
  t.strictSame(h.violations('I5', { lostSessions: { demand: 'quiet' } }), [])
  const flagged = written().fault('F24').reads('ann', 'b', 's', { x: null }, { isStale: true })
  t.strictSame(flagged.violations('I5'), [])
})

t.test('who has been cut off for longer than sessions live idle, or are remembered, may deny one', async t => {
  for (const run of [{ idleLimitMs: 12_000 }, { retentionMs: 12_000 }]) {
    const h = new HistoryBuilder(['a', 'b', 'c'], run).fault('F24').after(12_000)
    t.strictSame(
      h
        .writes('ann', 'a', 's', { x: [1, null] })
        .ask('ann', 'b', 's', { outcome: 'none' })
        .violations('I5'),
      [],
    )
  }
})

t.test('a session that has expired does not live again because somebody has answered without it, flagged', async t => {
  const written = () =>
    new HistoryBuilder(['a', 'b'], { idleLimitMs: 10_000 })
      .writes('ann', 'a', 's', { x: [1, null] }, { holders: ['a1', 'b1'] })
      .after(9_000)
  const denied = (h: HistoryBuilder) =>
    h
      .after(2_000)
      .ask('ann', 'b', 's', { outcome: 'none' })
      .violations('I5')
      .filter(what => what.includes('which lives'))
  const expired = (h: HistoryBuilder) => h.after(3_000).told('a', 'expired', 's').told('b', 'expired', 's')
  const flagged = { isStale: true }
  t.strictSame(denied(expired(written()).reads('ann', 'b', 's', { x: null }, flagged)), [])
  t.equal(denied(expired(written()).reads('ann', 'b', 's', { x: 1 }, flagged)).length, 1, 'there was something of it')
  t.equal(denied(written().reads('ann', 'b', 's', { x: null }, flagged).after(3_000)).length, 1, 'nobody let it expire')
  const late = written().reads('ann', 'a', 's', { x: null }, flagged)
  t.equal(denied(expired(late)).length, 1, 'who let it expire had answered himself')
})

t.test('who has died, or left in a cut, has told nobody that a session was in use there', async t => {
  const denied = (forget: (h: HistoryBuilder) => HistoryBuilder) => {
    const h = new HistoryBuilder(['a', 'b', 'c'], { idleLimitMs: 10_000 })
      .writes('ann', 'a', 's', { x: [1, null] }, { holders: ['a1', 'b1'] })
      .after(5_000)
      .reads('bob', 'c', 's', { x: 1 })
    forget(h).after(5_000).told('a', 'expired', 's').told('b', 'expired', 's')
    return h.reads('ann', 'c', 's', { x: null }, { isStale: true }).ask('ann', 'b', 's', { outcome: 'none' })
  }
  t.strictSame(denied(h => h.kill('c').start('c')).violations('I5'), [])
  t.match(denied(h => h).violations('I5'), [/flagged/, /no session s, which lives/], 'somebody knew')
})

t.test('of a session that has begun anew, without its beginning, one tells that it has expired', async t => {
  const denied = (isStale: boolean, idleMs = 9_500) =>
    new HistoryBuilder(['a', 'b', 'c'], { idleLimitMs: 10_000 })
      .writes('ann', 'a', 's', { x: [1, null] }, { holders: ['a1', 'b1'], ...(isStale && { isStale }) })
      .after(idleMs)
      .told('a', 'expired', 's')
      .reads('ann', 'c', 's', { x: null }, { isStale: true })
      .ask('ann', 'b', 's', { outcome: 'none' })
      .violations('I5')
      .filter(what => what.includes('which lives'))
  t.strictSame(denied(true), [])
  t.equal(denied(false).length, 1, 'b has not told of it')
  t.strictSame(denied(false, 12_000), [], 'but it was over by then, whoever has told of it')
})

t.test(
  'of a session that is over and is begun empty while it is asked for, the question was about the one before',
  async t => {
    const denied = (isEarly: boolean) => {
      const h = new HistoryBuilder(['a', 'b', 'c'], { idleLimitMs: 10_000 })
        .writes('ann', 'a', 's', { x: [1, null] }, { holders: ['a1', 'b1'] })
        .after(12_000)
        .reads('ann', 'c', 's', { x: null }, { isStale: true })
      const early = isEarly ? h.request('ann', 'b', 's') : undefined
      h.writes('bob', 'c', 's', { x: [2, null] }, { isStale: true, holders: ['b1', 'c1'] })
      const question = early ?? h.request('ann', 'b', 's')
      return h
        .answer(question, { outcome: 'none' })
        .violations('I5')
        .filter(what => what.includes('which lives'))
    }
    t.strictSame(denied(true), [])
    t.equal(denied(false).length, 1, 'asked for later it is')
  },
)
