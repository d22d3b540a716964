import t from 'tap'
import type { ResponseEvent } from '../../src/history/history-event.js'
import { HistoryBuilder } from './history-builder.js'

const LOCKED = { isLocked: true } as const

/** Two requests that both replace the first value of one session. */
function overwritten(
  answer: Partial<ResponseEvent> = LOCKED,
  between: (h: HistoryBuilder) => unknown = () => {},
): string[] {
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] })
    .writes('ann', 'a', 's', { x: [2, 1] }, LOCKED)
  between(h)
  return h.writes('bob', 'b', 's', { x: [3, 1] }, answer).violations('I6')
}

t.test('of two who had the lock the second has read what the first has written', async t => {
  t.match(overwritten(), [/requests 2 \(a\) and 3 \(b\) had the lock, and both have replaced x = 1 of session s/])
  const h = new HistoryBuilder()
    .writes('ann', 'a', 's', { x: [1, null] }, LOCKED)
    .writes('bob', 'b', 's', { x: [2, 1] }, LOCKED)
    .writes('ann', 'a', 's', { x: [3, 2] }, LOCKED)
  t.strictSame(h.violations('I6'), [])
  t.equal(h.check().figures.lockedWritesChecked, 2)
})

t.test('who had no lock, or was told that it is shown something old, is another matter', async t => {
  t.strictSame(overwritten({}), [])
  t.strictSame(overwritten({ ...LOCKED, isStale: true }), [])
  t.strictSame(overwritten({ ...LOCKED, outcome: 'refused' }), [])
})

t.test('what the first has written may have died with it', async t => {
  t.strictSame(
    overwritten(LOCKED, h => h.kill('a').kill('b').kill('c').start('b')),
    [],
  )
  t.equal(overwritten(LOCKED, h => h.kill('c')).length, 1)
})

t.test('what another holds as well has not died with who wrote it', async t => {
  const held = { ...LOCKED, holders: ['a1', 'c1'] } as const
  const overwrittenAfter = (between: (h: HistoryBuilder) => unknown) => {
    const h = new HistoryBuilder()
      .writes('ann', 'a', 's', { x: [1, null] })
      .writes('ann', 'a', 's', { x: [2, 1] }, held)
      .kill('a')
    between(h)
    return h.writes('bob', 'b', 's', { x: [3, 1] }, LOCKED).violations('I6')
  }
  t.equal(overwrittenAfter(() => {}).length, 1)
  t.strictSame(
    overwrittenAfter(h => h.kill('c')),
    [],
    'both have died',
  )
  t.strictSame(
    overwrittenAfter(h => h.process('c', 'pause').process('c', 'resume')),
    [],
    'whoever stood still may not have been there to be asked',
  )
})

t.test('a holder that stood still may have committed before anybody heard of it', async t => {
  const h = new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] })
  const held = h.request('ann', 'a', 's')
  const wrote = [{ name: 'x', version: 2, base: 1 }]
  h.process('a', 'pause')
    .process('a', 'resume')
    .answer(held, { session: 's', wrote, acknowledged: 'held', ...LOCKED })
  t.strictSame(h.writes('bob', 'b', 's', { x: [3, 1] }, LOCKED).violations('I6'), [])
})

t.test('of two who have found nothing one has come after a removal', async t => {
  const filled = (between: (h: HistoryBuilder) => unknown, second: Partial<ResponseEvent> = LOCKED) => {
    const h = new HistoryBuilder().writes('ann', 'a', 's', { x: [1, null] }, LOCKED)
    between(h)
    return h.writes('bob', 'b', 's', { x: [2, null] }, second).violations('I6')
  }
  const nothing = () => {}
  t.strictSame(filled(nothing, { ...LOCKED, read: { x: [1] } }), [])
  t.match(filled(nothing), [/requests 1 \(a\), 2 \(b\) had the lock, and found nothing under s x, which was removed 0/])
  t.strictSame(
    filled(h => h.writes('ann', 'c', 's', { x: [null, 1] })),
    [],
  )
  t.strictSame(filled(nothing, {}), [])
  t.strictSame(filled(nothing, { ...LOCKED, acknowledged: 'degraded' }), [])
  t.strictSame(filled(nothing, { ...LOCKED, isStale: true }), [])
  t.strictSame(
    filled(h => h.kill('a')),
    [],
  )
  t.strictSame(
    filled(h => h.ask('ann', 'c', 's', { outcome: 'lost' })),
    [],
  )
})
