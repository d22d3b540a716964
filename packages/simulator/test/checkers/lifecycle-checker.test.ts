import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

const created = () =>
  new HistoryBuilder().ask('ann', 'a', undefined, {
    session: 's',
    isNew: true,
    acknowledged: 'held',
    holders: ['a1', 'b1'],
  })

t.test('each event once in a whole cluster, with echoes elsewhere', async t => {
  const h = created()
    .told('a', 'created', 's')
    .told('b', 'created', 's', { isLocal: false })
    .logout('ann', 'b', 's')
    .told('b', 'destroyed', 's')
    .told('a', 'destroyed', 's', { isLocal: false })
  t.strictSame(h.check().violations, [])
  t.match(h.check().figures, { created: 1, destroyed: 1, toldChecked: 2 })
})

t.test('an event that nobody tells of, or two, is told', async t => {
  t.match(created().violations('I7'), [/no process has told of 'created' of session s/])
  const echo = created().told('b', 'created', 's', { isLocal: false })
  t.equal(echo.violations('I7').length, 1, 'an echo does not do')
  const twice = created().told('a', 'created', 's').told('b', 'created', 's')
  t.match(twice.violations('I7'), [/'created' of session s was told twice/])
  const silent = created().told('a', 'created', 's').logout('ann', 'b', 's')
  t.match(silent.violations('I7'), [/no process has told of 'destroyed' of session s/])
})

t.test('with faults an event may come twice, but must come for what was acknowledged as held', async t => {
  const twice = created().fault('F23').told('a', 'created', 's').told('b', 'created', 's')
  t.strictSame(twice.violations('I7'), [])
  t.equal(created().fault('F23').violations('I7').length, 1)
  const killed = created().kill('a')
  t.equal(killed.violations('I7').length, 1)
  t.strictSame(killed.violations('I7', { lifecycle: { mayLoseEvents: true } }), [])
  const degraded = new HistoryBuilder().fault('F23')
  degraded.ask('ann', 'a', undefined, { session: 's', isNew: true, acknowledged: 'degraded' })
  t.strictSame(degraded.violations('I7'), [])
})

t.test('who ends what somebody has just ended who had nothing of it, and that was heard of, need not tell', t => {
  const ended = ({ isStale = true, isHeardOf = true, hadIt = false }) => {
    const h = created().told('a', 'created', 's')
    if (hadIt) h.told('b', 'created', 's', { isLocal: false })
    h.fault('F23').logout('ann', 'b', 's', { isStale })
    if (isHeardOf) h.told('a', 'destroyed', 's', { isLocal: false })
    return h.logout('ann', 'a', 's').violations('I7')
  }
  t.strictSame(ended({}), [])
  for (const otherwise of [{ isStale: false }, { isHeardOf: false }, { hadIt: true }])
    t.match(ended(otherwise), [/no process has told of 'destroyed' of session s as its own/], JSON.stringify(otherwise))
  const after = created().told('a', 'created', 's').fault('F23').logout('ann', 'a', 's')
  t.equal(after.logout('ann', 'b', 's', { isStale: true }).violations('I7').length, 1, 'but who ends it before must')
  t.end()
})

t.test('who tells of an end elsewhere has told of the beginning, where all hold all', async t => {
  const all = { lifecycle: { isAllTold: true } }
  const ended = (event: 'destroyed' | 'expired', run = {}) =>
    new HistoryBuilder(['a', 'b'], run).told('a', 'created', 's').told('b', event, 's', { isLocal: false })
  for (const event of ['destroyed', 'expired'] as const) {
    t.match(
      ended(event).violations('I7', all),
      [/b told of '.*' of session s, of whose beginning it had not told/],
      event,
    )
    t.strictSame(ended(event).violations('I7'), [], 'nobody listened')
    t.strictSame(ended(event, { copies: 2 }).violations('I7', all), [], 'it was not its to tell')
  }
  const begun = new HistoryBuilder().told('b', 'created', 's', { isLocal: false })
  t.strictSame(begun.told('b', 'destroyed', 's', { isLocal: false }).violations('I7', all), [])
  t.strictSame(new HistoryBuilder().told('b', 'destroyed', 's').violations('I7', all), [], 'its own doing')
})

t.test('nothing is told of a session after its end, by the process that told of it', async t => {
  const ended = () => created().told('a', 'created', 's').fault('F23').told('a', 'destroyed', 's')
  t.strictSame(ended().told('b', 'created', 's', { isLocal: false }).violations('I7'), [], 'another may not know yet')
  t.strictSame(ended().told('a', 'id-changed', 't', { oldSession: 's' }).violations('I7'), [], 'of a change of id')
  for (const event of ['created', 'expired', 'conflict', 'destroyed'] as const)
    t.match(ended().told('a', event, 's', { isLocal: false }).violations('I7'), [/of whose end it had told at/], event)
})

t.test(
  'where few hold a session, an old cookie may begin it anew when nobody has to know its end any more',
  async t => {
    const told = (afterMs: number, run: { copies?: number }) =>
      new HistoryBuilder(['a', 'b', 'c'], { retentionMs: 10_000, ...run })
        .fault('F23')
        .told('a', 'destroyed', 's')
        .after(afterMs)
        .told('a', 'expired', 's', { isLocal: false })
        .violations('I7')
    t.strictSame(told(9_500, { copies: 2 }), [])
    t.equal(told(8_500, { copies: 2 }).length, 1)
    t.equal(told(9_500, {}).length, 1)
  },
)

t.test('an expiry is told once, and not while the session is in use', async t => {
  const idle = () =>
    new HistoryBuilder(['a', 'b', 'c'], { idleLimitMs: 10_000 }).after(20_000).ask('ann', 'a', 's', { session: 's' })
  t.strictSame(idle().after(10_000).told('a', 'expired', 's').violations('I7'), [])
  t.match(idle().after(3_000).told('a', 'expired', 's').violations('I7'), [
    /expire .* ms after its last use; the limit is/,
  ])
  const shown = (answer: object) => idle().after(9_000).reads('ann', 'b', 's', { x: null }, answer).after(1_000)
  const soon = (h: HistoryBuilder) => h.told('a', 'expired', 's').violations('I7').length
  t.equal(soon(shown({ isStale: true })), 0, 'b had nothing of it')
  t.equal(soon(shown({})), 1)
  const unheard = idle().after(10_000).told('a', 'expired', 's', { isLocal: false }).after(20_000).agree('a')
  t.match(unheard.after(20_000).agree('a').violations('I7'), [/session s expired and no process told of it/])
  const dropped = (answer: Parameters<HistoryBuilder['ask']>[3]) => {
    const expired = idle()
      .after(14_000)
      .told('b', 'expired', 's')
      .ask('ann', 'b', 's', { session: 's', ...answer })
    return expired.told('a', 'expired', 's', { isLocal: false }).violations('I7')
  }
  t.strictSame(
    dropped({ isStale: true }),
    [],
    'it had expired, and was shown empty to its client before all had dropped it',
  )
  for (const use of [{}, { isStale: true, acknowledged: 'held' as const }])
    t.match(dropped(use), [/a let session s expire 20 ms after its last use/], 'it has come back')
  const early = idle().fault('F23').after(3_000).told('b', 'expired', 's')
  t.strictSame(early.violations('I7'), [], 'it may be in use on the other side of a cut')
})

t.test('two requests that end one session may each tell of it', async t => {
  const h = created().told('a', 'created', 's')
  const [one, other] = [h.request('ann', 'a', 's'), h.request('ann', 'b', 's')]
  h.answer(one, { ended: ['s'], acknowledged: 'held' }).answer(other, { ended: ['s'], acknowledged: 'held' })
  t.strictSame(h.told('a', 'destroyed', 's').told('b', 'destroyed', 's').violations('I7'), [])
})

t.test('once the cluster is quiet an event comes once, whatever was wrong before', async t => {
  const healed = () =>
    new HistoryBuilder(['a', 'b', 'c'], { idleLimitMs: 5_000 }).fault('F23').phase('healed').after(12_000)
  const twice = () => healed().told('a', 'expired', 's').told('b', 'expired', 's')
  t.match(twice().violations('I7'), [/'expired' of session s was told twice as a process's own doing/])
  const apart = healed()
    .told('a', 'expired', 's')
    .fault('F23')
    .fault('F23', true)
    .after(12_000)
    .told('b', 'expired', 's')
  t.strictSame(apart.violations('I7'), [], 'it had been on the other side of a cut')
  const anew = (isStale: boolean) => {
    const written = healed()
      .told('a', 'expired', 's')
      .writes('ann', 'a', 's', { n: [1, null] }, { isStale })
    return written.after(9_000).told('b', 'expired', 's').violations('I7')
  }
  t.strictSame(anew(true), [], 'nobody had it, and its client began anew under its id')
  t.match(anew(false), [/'expired' of session s was told twice/])
  const shown = (
    afterMs: number,
    laterMs: number,
    answer: { isStale?: boolean } = { isStale: true },
    read: { [name: string]: number | null } = { n: null },
  ) => healed().told('a', 'expired', 's').after(afterMs).reads('ann', 'a', 's', read, answer).after(laterMs)
  const again = (h: HistoryBuilder) => h.told('a', 'expired', 's').violations('I7')
  t.strictSame(again(shown(1_000, 9_000)), [], 'b still had it, and was told of the use')
  t.strictSame(again(shown(1_000, 9_000, { isStale: true }, {})), [], 'nothing of it was read')
  const told = [/'expired' of session s was told twice/]
  t.match(again(shown(1_000, 3_000)), told, 'the same expiry')
  t.match(again(shown(11_000, 9_000)), told, 'all have dropped it')
  t.match(again(shown(1_000, 9_000, {})), told, 'nobody was shown it')
  t.match(again(shown(1_000, 9_000, { isStale: true }, { n: 1 })), told, 'it was there')
  t.match(again(shown(1_000, 9_000).told('a', 'expired', 's').after(9_000)), told, 'once more, and not twice')
  const unheard = healed().ask('ann', 'a', 's').after(5_000).told('a', 'expired', 's', { isLocal: false })
  t.match(unheard.after(20_000).agree('a').violations('I7'), [/session s expired and no process told of it/])
})
