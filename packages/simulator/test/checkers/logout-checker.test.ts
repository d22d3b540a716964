import t from 'tap'
import type { CheckOptions } from '../../src/checkers/check-history.js'
import { HistoryBuilder } from './history-builder.js'

const ALL = ['a', 'b', 'c']
const loggedOut = () =>
  new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .logout('ann', 'a', 's')
    .told('a', 'destroyed', 's')

t.test('a logout that lasts is final', async t => {
  const report = loggedOut().end(ALL, { s: 'dead' }).check()
  t.strictSame(report.violations, [])
  t.match(report.figures, { logoutsChecked: 1 })
})

t.test('a logged-out session that is live at the end was brought back', async t => {
  const h = loggedOut().end(ALL, { s: { x: 1 } })
  t.match(h.violations('I3'), [/the end of session s, asked for by ann on a .* was undone: it is live on a, b, c/])
})

t.test('a logout whose holders have all died may be undone, and is counted', async t => {
  const h = loggedOut().kill('a').kill('b').agree('c')
  const report = h.end(['c'], { s: { x: 1 } }).check()
  t.strictSame(report.violations, [])
  t.match(report.figures, { logoutsChecked: 0, logoutsLostWithHolders: 1 })
})

t.test('a process that knows of the death never answers with the session, whatever is wrong', async t => {
  const h = loggedOut().fault('F23').reads('bob', 'a', 's', { x: 1 })
  t.match(h.violations('I3'), [
    /a answered bob \(request 3\), unflagged, with session s, which it has known to be dead/,
  ])
})

t.test('a request that had begun before may end with what it had begun with', async t => {
  const h = new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] })
  const slow = h.request('bob', 'a', 's')
  h.logout('ann', 'a', 's').told('a', 'destroyed', 's')
  h.answer(slow, { session: 's', read: { x: 1 }, wrote: [{ name: 'x', version: 2, base: 1 }], acknowledged: 'nothing' })
  t.strictSame(h.end(ALL, { s: 'dead' }).check().violations, [])
})

t.test('a page that has only read does not show a session that has ended while it was being answered', async t => {
  const read = (run = {}, answer = {}, afterMs = 50) => {
    const h = new HistoryBuilder(ALL, run).writes('ann', 'a', 's', { x: [1, null] })
    const slow = h.request('bob', 'a', 's')
    h.told('a', 'destroyed', 's').logout('ann', 'b', 's').after(afterMs)
    return h.answer(slow, { session: 's', read: { x: 1 }, wrote: [], ...answer }).violations('I3')
  }
  t.match(read(), [/a answered bob .* with session s, which has ended there at .*, while this was being answered/])
  t.strictSame(read({}, { isStale: true }), [])
  t.strictSame(read({}, { session: undefined }), [], 'it was to end it, and says that it is over')
  t.strictSame(read({}, { read: {} }), [], 'it shows nothing')
  t.strictSame(read({ copies: 2 }), [], 'its copy may have been given away')
  t.equal(read({}, {}, -30).length, 0, 'the answer was on its way')
})

t.test('while the cluster is quiet no process answers with a session that was ended more than a grace ago', async t => {
  const quiet = () =>
    new HistoryBuilder()
      .after(10_000)
      .writes('ann', 'a', 's', { x: [1, null] })
      .logout('ann', 'a', 's')
  t.match(quiet().after(2_000).reads('bob', 'c', 's', { x: 1 }).violations('I3'), [
    /c answered bob .* with session s, ended and/,
  ])
  t.strictSame(quiet().reads('bob', 'c', 's', { x: 1 }).violations('I3'), [], 'within the grace')
  const forbidden = { logout: { flaggedInQuiet: 'forbidden' } } as const
  const flagged = (h: HistoryBuilder, options: Partial<CheckOptions> = forbidden) =>
    h.reads('bob', 'c', 's', { x: 1 }, { isStale: true }).violations('I3', options)
  t.match(flagged(quiet().after(2_000)), [/c answered bob .*, flagged, with session s, ended and/])
  t.strictSame(flagged(quiet().after(2_000), {}), [], 'it says that it may be old')
  t.strictSame(flagged(quiet().fault('F23').after(2_000)), [], 'there may be nobody to ask')
  const strictness = { logout: { isStrict: false } }
  t.strictSame(quiet().after(2_000).reads('bob', 'c', 's', { x: 1 }).violations('I3', strictness), [], 'not strict')
})

t.test('a process that was cut off, or whose news is lost with its holders, may answer with it', async t => {
  const cut = new HistoryBuilder()
    .after(10_000)
    .writes('ann', 'a', 's', { x: [1, null] })
    .fault('F23')
  cut.logout('ann', 'a', 's').after(20_000).reads('bob', 'c', 's', { x: 1 })
  t.strictSame(cut.violations('I3'), [])
  const lost = new HistoryBuilder()
    .after(10_000)
    .writes('ann', 'a', 's', { x: [1, null] })
    .logout('ann', 'a', 's')
  lost.kill('a').kill('b').after(20_000).reads('bob', 'c', 's', { x: 1 })
  t.strictSame(lost.violations('I3'), [])
})

t.test('the old id of a change of id is ended', async t => {
  const h = new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] })
  h.ask('ann', 'a', 's', { session: 't', ended: ['s'], read: { x: 1 }, acknowledged: 'held', holders: ['a1', 'b1'] })
  h.told('a', 'created', 't').told('a', 'destroyed', 's')
  t.match(h.end(ALL, { s: { x: 1 }, t: { x: 1 } }).violations('I3'), [/the end of session s/])
})

t.test('an end that was not acknowledged by others promises nothing', async t => {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .logout('ann', 'a', 's', { acknowledged: 'degraded' })
    .told('a', 'destroyed', 's')
  t.strictSame(h.end(ALL, { s: { x: 1 } }).check().violations, [])
})

t.test('a process that wakes asks before it answers with a session that was ended while it stood still', async t => {
  const woken = (before: (h: HistoryBuilder) => unknown = () => {}, answer = {}) => {
    const h = new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] }).after(10_000)
    before(h)
    h.fault('F07').process('c', 'pause').after(1_000).logout('ann', 'a', 's').after(2_000)
    return h.process('c', 'resume').fault('F07', true).reads('ann', 'c', 's', { x: 1 }, answer)
  }
  const told = { interference: { areStandstillsTold: true } }
  t.match(woken().violations('I3', told), [/c answered ann \(request 3\), unflagged, with session s, ended/])
  t.strictSame(woken(() => {}, { isStale: true }).violations('I3', told), [], 'it says that it has not heard')
  t.strictSame(woken(h => h.fault('F24')).violations('I3', told), [], 'who is cut off may find nobody to ask')
  t.strictSame(woken(h => h.process('a', 'pause').process('b', 'pause')).violations('I3', told), [])
  t.strictSame(woken().violations('I3'), [], 'anybody may have stood still')
})
