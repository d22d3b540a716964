import t from 'tap'
import { ForgottenSessions } from '../../src/manager/forgotten-sessions.js'
import { KnownSessions } from '../../src/manager/known-sessions.js'
import { ADOPTED, encodeAdoption } from '../../src/state/adoption.js'
import type { Entry } from '../../src/state/entry.js'
import { emptyState, type LiveState } from '../../src/state/session-state.js'
import { aliasOf } from '../../src/state/version-vector.js'

const maker = 'maker'.padEnd(16, '.')
const adopter = 'adopter'.padEnd(16, '.')
const seen = { dots: [{ actor: maker, counter: 1 }], stamp: 100 }

const adoption: Entry = { name: ADOPTED, actor: adopter, counter: 1, stamp: 200, value: encodeAdoption(seen) }
const written: Entry = { name: 'cart', actor: adopter, counter: 2, stamp: 210, value: new Uint8Array(1) }

function state(entries: readonly Entry[], counter: number): LiveState {
  return { ...emptyState, entries, vector: [{ actor: adopter, counter }] }
}

/** What the maker had created up to 150 has been here, and certificates up to 150 are forgotten. */
function forgetful(): ForgottenSessions {
  const known = new KnownSessions()
  known.learn({ actor: maker, stamp: 150 })
  known.certificateForgotten(150)
  return new ForgottenSessions({ known, placement: { isUnlimited: true } })
}

t.test('a session that was adopted, and is not here, is recognized by what its client had seen', t => {
  const forgotten = forgetful()
  const other = state([{ ...written, counter: 1 }], 1)
  t.ok(forgotten.recognized('id', undefined, [adoption, written]))
  t.ok(forgotten.recognized('id', other, [{ ...adoption, actor: maker, counter: 7 }]), 'nor is another adoption of it')
  t.end()
})

t.test('a session that was adopted, and has come here before, is not ended by what has been forgotten since', t => {
  const forgotten = forgetful()
  t.notOk(forgotten.recognized('id', state([adoption], 1), [adoption, written]))
  t.notOk(forgotten.recognized('id', state([adoption], 0), [adoption, written]), 'be it that it came over a gap')
  t.end()
})

t.test('two copies that were adopted one after the other for one client are the same session, and live', t => {
  const first = state([{ ...adoption, stamp: 110 }], 1)
  const then = { dots: [...seen.dots, { actor: adopter, counter: 1 }], stamp: 110 }
  const second: Entry = { ...adoption, actor: 'second'.padEnd(16, '.'), stamp: 220, value: encodeAdoption(then) }
  const known = new KnownSessions()
  for (const actor of [maker, adopter]) known.learn({ actor, stamp: 150 })
  known.certificateForgotten(150)
  const forgotten = new ForgottenSessions({ known, placement: { isUnlimited: true } })
  t.notOk(forgotten.recognized('id', first, [second]))
  t.ok(forgotten.recognized('id', undefined, [second]), 'where neither is, it has ended')
  const part = state([{ ...written, actor: 'another'.padEnd(16, '.') }], 0)
  t.ok(forgotten.recognized('id', { ...part, vector: [] }, [second]), 'a part of it is none of what was seen')
  t.end()
})

t.test('a part of a session that its writer wrote under another of its names is recognized like any other', t => {
  const forgotten = forgetful()
  const part = { ...written, stamp: 120 }
  t.ok(forgotten.recognized('id', undefined, [{ ...part, actor: aliasOf(maker, 1) }]))
  t.notOk(forgotten.recognized('id', undefined, [part]), 'of this one it is not known what it has written')
  t.end()
})

t.test('what came over a gap is not taken for forgotten when it comes again', t => {
  const known = new KnownSessions()
  known.learn({ actor: adopter, stamp: 250 })
  known.certificateForgotten(250)
  const forgotten = new ForgottenSessions({ known, placement: { isUnlimited: true } })
  t.notOk(forgotten.recognized('id', state([written], 0), [written]))
  t.ok(forgotten.recognized('id', undefined, [written]))
  t.end()
})
