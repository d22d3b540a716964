import t from 'tap'
import { HistoryBuilder } from './history-builder.js'

const ALL = ['a', 'b', 'c']
const NOTHING_WRITTEN = { isStale: true, read: { x: null, y: null } }

/** Written once, and not looked at for its limit. */
function idle(holders = ['a1', 'b1', 'c1'], more: { readonly copies?: number } = {}): HistoryBuilder {
  return new HistoryBuilder(ALL, { idleLimitMs: 10_000, ...more })
    .writes('ann', 'a', 's', { x: [1, null] }, { holders })
    .after(12_000)
}

/** After a cut, when somebody may be missing, its client begins anew under its id, flagged. */
function begunAnew(h: HistoryBuilder): HistoryBuilder {
  return h
    .fault('F24')
    .fault('F24', true)
    .after(1_000)
    .writes('ann', 'a', 's', { y: [2, null] }, NOTHING_WRITTEN)
    .end(ALL, { s: { y: 2 } })
}

function expiredOn(h: HistoryBuilder, ...nodes: readonly string[]): HistoryBuilder {
  for (const node of nodes) h.told(node, 'expired', 's', { isLocal: node === 'a' })
  return h
}

t.test('what was in a session that has expired and begun anew under its id is not owed', async t => {
  const h = begunAnew(expiredOn(idle(), ...ALL))
  t.strictSame(h.check().violations, [])
  t.match(h.check().figures, { lostWithHolders: 1 })
  const written = idle()
    .after(-12_000)
    .writes('bob', 'b', 's', { x: [3, null] })
  const replaced = begunAnew(expiredOn(written.after(12_000), ...ALL))
  t.strictSame(replaced.violations('I6'), [], 'nor is a conflict told of between what is gone')
})

t.test('a session that has expired, begun anew, and not been held since, may be denied', async t => {
  const anew = (h: HistoryBuilder) =>
    h
      .fault('F24')
      .writes('ann', 'a', 's', { y: [2, null] }, { ...NOTHING_WRITTEN, acknowledged: 'degraded' })
      .reads('ann', 'a', 's', { x: null, y: 2 }, { isStale: true })
      .fault('F24', true)
      .after(9_500)
      .ask('ann', 'a', 's', NOTHING_WRITTEN)
      .after(1_000)
      .ask('ann', 'a', 's', { outcome: 'none' })
  t.strictSame(anew(expiredOn(idle(), ...ALL)).violations('I5'), [])
  const old = expiredOn(idle(), ...ALL).reads('ann', 'b', 's', { x: 1 }, { isStale: true })
  t.equal(anew(old).violations('I5').length, 1, 'it was there again, as it had been')
})

t.test('a copy that began empty on one side of a cut does not keep alive what expires on the other', async t => {
  const h = idle(['a1', 'b1']).after(-6_000).ask('ann', 'c', 's', NOTHING_WRITTEN).after(6_000)
  t.strictSame(begunAnew(expiredOn(h, 'a', 'b')).violations('I2'), [])
})

t.test('it is owed when nobody has let the session expire, or not all who had it', async t => {
  t.equal(begunAnew(idle()).violations('I2').length, 1)
  t.equal(begunAnew(expiredOn(idle(), 'a', 'b')).violations('I2').length, 1)
  t.strictSame(begunAnew(expiredOn(idle(), 'a', 'b').kill('c').agree('a', 'b').start('c')).violations('I2'), [])
})

t.test('who hears that it has ended, from somebody who let it expire, has let it expire', async t => {
  const ended = (h: HistoryBuilder, isLocal = false) => h.told('c', 'destroyed', 's', { isLocal })
  t.strictSame(begunAnew(ended(expiredOn(idle(), 'a', 'b'))).violations('I2'), [])
  t.equal(begunAnew(expiredOn(ended(idle()), 'a', 'b')).violations('I2').length, 1, 'nobody had, then')
  t.equal(begunAnew(ended(expiredOn(idle(), 'a', 'b'), true)).violations('I2').length, 1, 'c itself ended it')
})

t.test('it is owed when the session had been used within its limit, as whoever dropped it had to know', async t => {
  const used = (answer: object) => idle().after(-6_000).ask('ann', 'c', 's', answer).after(6_000)
  t.equal(begunAnew(expiredOn(used({}), ...ALL)).violations('I2').length, 1)
  const told = { ...NOTHING_WRITTEN, wrote: [{ name: 'y', version: 4, base: null }], acknowledged: 'held' }
  const heard = used({ ...told, holders: ['a1', 'b1', 'c1'] })
  t.equal(begunAnew(expiredOn(heard, ...ALL)).violations('I2').length, 1, 'it was sent what was written there')
})

t.test('it is owed when it was read again after the session had expired', async t => {
  const h = expiredOn(idle(), ...ALL).reads('ann', 'b', 's', { x: 1 }, { isStale: true })
  t.equal(begunAnew(h).violations('I2').length, 1)
})

t.test(
  'what a client had seen before a flagged answer is not owed to it again when it has expired meanwhile',
  async t => {
    const begun = () =>
      new HistoryBuilder(ALL, { idleLimitMs: 10_000 })
        .writes('ann', 'a', 's', { x: [1, null] })
        .writes('ann', 'a', 's', { x: [2, 1] }, { holders: ['a1', 'b1'] })
        .after(12_000)
    const older = (h: HistoryBuilder) =>
      h.violations('I5').filter(found => /only a flagged answer came between/.test(found))
    const read = (h: HistoryBuilder) =>
      h.reads('ann', 'c', 's', { x: 1 }, { isStale: true }).reads('ann', 'c', 's', { x: 1 })
    t.strictSame(older(read(expiredOn(begun(), 'a', 'b'))), [])
    t.equal(older(read(expiredOn(begun(), 'a'))).length, 1, 'not all who had it have let it expire')
    t.equal(older(expiredOn(read(begun()), 'a', 'b')).length, 1, 'it expired only after the answer')
  },
)

t.test('a request that stood still with its process until the session had expired does not keep it alive', async t => {
  const written = { wrote: [{ name: 'y', version: 4, base: null }], acknowledged: 'held', holders: ['a1', 'b1', 'c1'] }
  const asked = idle(['a1', 'b1']).after(-6_000)
  const request = asked.request('bob', 'c', 's')
  const h = expiredOn(asked.after(6_000), 'a', 'b').answer(request, {
    session: 's',
    ...NOTHING_WRITTEN,
    ...written,
  } as object)
  t.strictSame(begunAnew(h).violations('I2'), [])
})

t.test('nor does a request that waited for the process that let it expire, and got a flagged answer then', async t => {
  const h = idle(['a1', 'b1'])
  const request = h.request('bob', 'b', 's')
  expiredOn(h, 'a', 'b').answer(request, { session: 's', ...NOTHING_WRITTEN } as object)
  t.strictSame(begunAnew(h).violations('I2'), [])
})

t.test('where each session is on a few, nobody tells of what was idle for too long to be handed over', async t => {
  const few = () => idle(['a1', 'b1'], { copies: 2 })
  t.strictSame(begunAnew(few()).violations('I2'), [])
  t.equal(begunAnew(few().after(-6_000)).violations('I2').length, 1, 'not for its limit')
  const old = few().reads('ann', 'c', 's', { x: 1 }, { isStale: true })
  t.equal(begunAnew(old).violations('I2').length, 1, 'it was there again, as it had been')
})
