import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

const healed = (h: HistoryBuilder) => h.phase('healed').after(4_000)
const written = () => new HistoryBuilder(['a', 'b']).fault('F24').writes('ann', 'a', 's', { x: [1, null] })
const findings = (h: HistoryBuilder) => h.violations('I1').filter(what => what.includes('after the heal'))

t.test('copies that still differ seconds after the heal are told, though they are equal in the end', async t => {
  const told = (a: object, b: object) =>
    findings(
      healed(written())
        .copies('a', a as never)
        .copies('b', b as never)
        .end(['a', 'b'], { s: { x: 1 } }),
    )
  t.strictSame(told({ s: { x: 1 } }, { s: { x: 1 } }), [])
  t.match(told({ s: { x: 1 } }, { s: { x: null } }), [/^40\d\d ms after the heal, .* copies of session s differ: a: /])
  t.match(told({ s: { x: 1 } }, { s: 'dead' }), [/b: dead/])
  t.match(told({ s: { x: 1 } }, {}), [/session s is on a only/])
})

t.test('a session that was used since the heal, is in use, lacks commits, or may have expired may differ', async t => {
  const differing = (h: HistoryBuilder) => findings(h.copies('a', { s: { x: 1 } }).copies('b', { s: { x: 2 } }))
  t.equal(differing(healed(written())).length, 1)
  t.strictSame(differing(written().phase('healed').reads('ann', 'a', 's', { x: 1 }).after(4_000)), [])
  const asked = healed(written())
  asked.request('ann', 'a', 's')
  t.strictSame(differing(asked), [])
  const gap = healed(written())
    .copies('a', { s: { x: 1 } })
    .copies('b', { s: { x: null } }, { hasGap: true })
  t.strictSame(findings(gap), [])
  const forgetful = new HistoryBuilder(['a', 'b'], { retentionMs: 3_000 }).writes('ann', 'a', 's', { x: [1, null] })
  t.strictSame(differing(healed(forgetful)), [], 'what is gone is forgotten')
  const short = new HistoryBuilder(['a', 'b'], { idleLimitMs: 3_000 }).writes('ann', 'a', 's', { x: [1, null] })
  const idle = healed(short)
    .copies('a', { s: { x: 1 } })
    .copies('b', {})
  t.strictSame(findings(idle), [])
  t.strictSame(findings(idle.after(1_000).reads('ann', 'a', 's', { x: 1 })), [], 'it is used again later')
})

t.test('a session that is just being begun need not be on all; one that an answer names later is', async t => {
  const told = (h: HistoryBuilder) => findings(h.copies('a', { s: { x: 1 }, n: { x: 2 } }).copies('b', { s: { x: 1 } }))
  const begun = healed(written())
  const asked = begun.request('ann', 'a')
  told(begun)
  t.strictSame(findings(begun.answer(asked, { session: 'n', isNew: true })), [])
  const later = healed(written())
  told(later)
  t.match(findings(later.ask('ann', 'a', undefined, { session: 'n', isNew: true })), [/session n is on a only/])
})
