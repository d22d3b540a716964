import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

const LIMIT_MS = 40_000
const begun = (run = {}) =>
  new HistoryBuilder(['a', 'b', 'c'], { idleLimitMs: LIMIT_MS, ...run })
    .after(2_000)
    .writes('ann', 'a', 's', { x: [1, null] })

t.test('whoever hears that a session is destroyed hears it of one that somebody has begun to end', async t => {
  const heard = (h: HistoryBuilder) => h.told('b', 'destroyed', 's', { isLocal: false })
  t.match(heard(begun()).violations('I2'), [/b told that session s is destroyed, and nobody had begun to end it/])
  t.strictSame(heard(begun().logout('ann', 'a', 's')).violations('I2'), [])
  t.strictSame(heard(begun().fault('F23').logout('ann', 'a', 's')).violations('I2'), [], 'whatever is wrong')
  t.equal(
    heard(begun()).logout('ann', 'a', 's').violations('I2').length,
    1,
    'somebody who comes later has not ended it',
  )
  const request = begun()
  const open = request.request('ann', 'c', 's')
  t.strictSame(heard(request).violations('I2'), [], `request ${open} got no answer and may have ended it`)
  t.strictSame(heard(begun().after(LIMIT_MS)).violations('I2'), [], 'it may have expired')
})

t.test('what a process made while another one had its incarnation may be taken for what that one made', async t => {
  const made = (h = begun()) => h.told('a', 'created', 's')
  const renamed = (h: HistoryBuilder) => h.process('a', 'new-incarnation')
  const heard = (h: HistoryBuilder) => h.told('b', 'destroyed', 's', { isLocal: false }).violations('I2').length
  const cloned = (run = { retentionMs: 1_000 }) => begun(run).fault('F42')
  t.equal(heard(renamed(made(cloned()))), 0)
  t.equal(heard(renamed(made(cloned({ retentionMs: 10_000 })))), 1, 'nobody has forgotten what has ended')
  t.equal(heard(made(cloned())), 1, 'nobody has found out')
  t.equal(heard(renamed(made())), 1, 'no machine was cloned')
  t.equal(heard(made(renamed(cloned()))), 1, 'it was made under a name that nobody else has')
  t.equal(heard(renamed(cloned().told('b', 'created', 's'))), 1, 'somebody else made it')
})

t.test('a session that has expired elsewhere lives where it is in use', async t => {
  const apart = (run = {}) => begun(run).fault('F23').after(LIMIT_MS).ask('ann', 'a', 's').told('b', 'expired', 's')
  const heard = (h: HistoryBuilder, node: string) => h.told(node, 'destroyed', 's', { isLocal: false })
  t.equal(heard(apart(), 'a').violations('I2').length, 1)
  t.strictSame(heard(apart(), 'c').violations('I2'), [], 'it was not in use there')
  const unheard = (run: object) => {
    const cut = new HistoryBuilder(['a', 'b', 'c'], { idleLimitMs: LIMIT_MS, ...run })
      .fault('F23')
      .writes('ann', 'a', 's', { x: [1, null] })
    return heard(cut.after(LIMIT_MS).ask('ann', 'a', 's').told('b', 'expired', 's'), 'a').violations('I2').length
  }
  for (const forgetful of [{ retentionMs: LIMIT_MS }, { maxDeathCertificates: 5 }]) {
    t.equal(unheard(forgetful), 0, 'who has forgotten ends, and not heard of its beginning, takes it for one')
    t.equal(heard(apart(forgetful), 'a').violations('I2').length, 1, 'who has heard of it does not')
  }
  t.equal(unheard({ retentionMs: 2 * LIMIT_MS }), 1, 'nobody has forgotten any yet')
  t.strictSame(heard(apart().after(LIMIT_MS), 'a').violations('I2'), [], 'not any more')
  t.strictSame(heard(apart().kill('c').start('c'), 'a').violations('I2'), [], 'who has joined does not know its id')
  const used = (h: HistoryBuilder) => h.ask('ann', 'a', 's', { isStale: true })
  const joined = (afterMs: number) => used(begun().fault('F23').kill('c').after(afterMs).start('c'))
  t.strictSame(
    heard(joined(LIMIT_MS), 'a').violations('I2'),
    [],
    'past its limit, but for uses that nobody else knows of',
  )
  t.equal(heard(joined(LIMIT_MS / 2), 'a').violations('I2').length, 1)
})

t.test('nobody lets a session expire that another one within reach has seen used', async t => {
  const used = (h = begun(), answer = {}) => h.after(10_000).ask('ann', 'a', 's', answer)
  const expired = (h: HistoryBuilder, afterMs = 14_000) =>
    h.after(afterMs).told('b', 'expired', 's', { isLocal: false })
  t.match(expired(used()).violations('I7'), [/b let session s expire, which a had answered with .* ms before/])
  t.strictSame(expired(used(), LIMIT_MS).violations('I7'), [])
  t.strictSame(
    expired(used(), 1_000).violations('I7'),
    [],
    'it has answered that it knows of none, and not told of this one yet',
  )
  const longAgo = begun().after(35_000).fault('F14').fault('F14', true)
  t.strictSame(expired(used(longAgo, { isStale: true })).violations('I7'), [], 'the answer came from no copy, perhaps')
  t.strictSame(expired(used().kill('a')).violations('I7'), [], 'there is nobody to be asked')
  t.strictSame(expired(used().fault('F23')).violations('I7'), [], 'it cannot be asked')
  t.strictSame(expired(used().fault('F23').fault('F23', true).after(8_000), 2_000).violations('I7'), [], 'not for long')
  t.equal(expired(used(begun().fault('F23')).fault('F23', true)).violations('I7').length, 1, 'it can be asked since')
  const asleep = (h: HistoryBuilder, node: string) => h.process(node, 'pause').after(100).process(node, 'resume')
  t.equal(expired(asleep(used(), 'b'), 5_000).violations('I7').length, 1, 'it asks when it goes on')
  const dropped = asleep(used(), 'b').view('a', 'c').view('a', 'b', 'c')
  t.strictSame(expired(dropped, 5_000).violations('I7'), [], 'nobody may have been there to be asked')
  t.strictSame(expired(asleep(used(), 'a'), 5_000).violations('I7'), [], 'it may not have answered')
  const own = used(begun().fault('F23')).after(14_000).told('a', 'expired', 's')
  t.equal(own.violations('I7').length, 1, 'it has answered itself')
  t.strictSame(expired(used(begun({ copies: 2 }))).violations('I7'), [], 'it may have been given away')
})
