import t from 'tap'
import { ForgottenSessions } from '../../src/manager/forgotten-sessions.js'
import { KnownSessions } from '../../src/manager/known-sessions.js'
import { SessionCopy } from '../../src/manager/session-copy.js'
import { ADOPTED, encodeAdoption } from '../../src/state/adoption.js'
import { CREATED_AT, type Entry } from '../../src/state/entry.js'
import { emptyState, type LiveState } from '../../src/state/session-state.js'
import { aliasOf } from '../../src/state/version-vector.js'

const maker = 'maker'.padEnd(16, '.')
const adopter = 'adopter'.padEnd(16, '.')
const seen = { dots: [{ actor: maker, counter: 1 }], stamp: 100 }

const adoption: Entry = { name: ADOPTED, actor: adopter, counter: 1, stamp: 200, value: encodeAdoption(seen) }
const written: Entry = { name: 'cart', actor: adopter, counter: 2, stamp: 210, value: new Uint8Array(1) }

function copyOf(entries: readonly Entry[], counter: number): SessionCopy {
  const vector = counter > 0 ? [{ actor: adopter, counter }] : []
  return new SessionCopy('id', 0, { ...emptyState, entries, vector }, 0)
}

/** What the maker had created up to 150 has been here, and certificates up to 150 are forgotten. */
function forgetful(): ForgottenSessions {
  const known = new KnownSessions()
  known.learn({ actor: maker, stamp: 150, since: 0 })
  known.certificateForgotten(150)
  return new ForgottenSessions({ known, placement: { isUnlimited: true } })
}

t.test('a session that was adopted, and is not here, is recognized by what its client had seen', t => {
  const forgotten = forgetful()
  const other = copyOf([{ ...written, counter: 1 }], 1)
  t.ok(forgotten.recognized('id', undefined, [adoption, written]))
  t.ok(forgotten.recognized('id', other, [{ ...adoption, actor: maker, counter: 7 }]), 'nor is another adoption of it')
  t.end()
})

t.test('a session that was adopted, and has come here before, is not ended by what has been forgotten since', t => {
  const forgotten = forgetful()
  t.notOk(forgotten.recognized('id', copyOf([adoption], 1), [adoption, written]))
  t.notOk(forgotten.recognized('id', copyOf([adoption], 0), [adoption, written]), 'be it that it came over a gap')
  t.end()
})

t.test('two copies that were adopted one after the other for one client are the same session, and live', t => {
  const first = copyOf([{ ...adoption, stamp: 110 }], 1)
  const then = { dots: [...seen.dots, { actor: adopter, counter: 1 }], stamp: 110 }
  const second: Entry = { ...adoption, actor: 'second'.padEnd(16, '.'), stamp: 220, value: encodeAdoption(then) }
  const known = new KnownSessions()
  for (const actor of [maker, adopter]) known.learn({ actor, stamp: 150, since: 0 })
  known.certificateForgotten(150)
  const forgotten = new ForgottenSessions({ known, placement: { isUnlimited: true } })
  t.notOk(forgotten.recognized('id', first, [second]))
  t.ok(forgotten.recognized('id', undefined, [second]), 'where neither is, it has ended')
  const part = copyOf([{ ...written, actor: 'another'.padEnd(16, '.') }], 0)
  t.ok(forgotten.recognized('id', part, [second]), 'a part of it is none of what was seen')
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
  known.learn({ actor: adopter, stamp: 250, since: 0 })
  known.certificateForgotten(250)
  const forgotten = new ForgottenSessions({ known, placement: { isUnlimited: true } })
  t.notOk(forgotten.recognized('id', copyOf([written], 0), [written]))
  t.ok(forgotten.recognized('id', undefined, [written]))
  t.end()
})

/** Its client had seen something newer than all that is forgotten. */
const newer: Entry = { ...adoption, value: encodeAdoption({ ...seen, stamp: 170 }) }
const creation: Entry = { name: CREATED_AT, actor: maker, counter: 1, stamp: 100, value: new Uint8Array(1) }

function adopted(value: Entry = newer): SessionCopy {
  return copyOf([value], 1)
}

function lives(forgotten: ForgottenSessions, copy: SessionCopy, entry = creation): boolean {
  return forgotten.recognized('id', copy, [entry]) === undefined
}

function stored(forgotten: ForgottenSessions, copy: SessionCopy, before?: LiveState): SessionCopy {
  forgotten.stored(copy, before, copy.state as LiveState)
  return copy
}

t.test('what had been forgotten when a copy came that was adopted is not let in because of it', t => {
  const forgotten = forgetful()
  const copy = stored(forgotten, adopted())
  t.notOk(lives(forgotten, copy))
  t.ok(lives(forgotten, copy, { ...creation, stamp: 160 }), 'what is newer is new')
  t.end()
})

t.test('what has been forgotten since is, and what expired while somebody could not be asked', t => {
  const known = new KnownSessions()
  const later = new ForgottenSessions({ known, placement: { isUnlimited: true } })
  const first = stored(later, adopted())
  known.learn({ actor: maker, stamp: 150, since: 0 })
  known.certificateForgotten(150)
  stored(later, first, first.state as LiveState)
  t.ok(lives(later, first), 'it changed, and was adopted before')

  const forgotten = forgetful()
  forgotten.expiredUnasked.add('id')
  const copy = stored(forgotten, adopted())
  forgotten.expiredUnasked.nobodyIsOut()
  t.ok(lives(forgotten, copy))
  t.end()
})

t.test('so it is with those whom only another of its clients had seen, from when that is known', t => {
  const forgotten = forgetful()
  const other = { ...adoption, value: encodeAdoption({ dots: [{ actor: adopter, counter: 1 }], stamp: 170 }) }
  const before = stored(forgotten, adopted(other)).state as LiveState
  const copy = stored(forgotten, adopted(), before)
  t.notOk(lives(forgotten, copy))
  t.end()
})

t.test('of what a process has written itself all is known', t => {
  const known = new KnownSessions(actor => maker.startsWith(actor.slice(0, 4)))
  known.certificateForgotten(150)
  const forgotten = new ForgottenSessions({ known, placement: { isUnlimited: true } })
  t.notOk(lives(forgotten, stored(forgotten, adopted())))
  t.end()
})

t.test('with the session itself, which its client had seen begin, comes all that others have written in it', t => {
  const other = 'other'.padEnd(16, '.')
  const known = new KnownSessions()
  for (const actor of [maker, other]) known.learn({ actor, stamp: 150, since: 0 })
  known.certificateForgotten(150)
  const forgotten = new ForgottenSessions({ known, placement: { isUnlimited: true } })
  const part: Entry = { ...written, actor: other, stamp: 120 }
  t.equal(forgotten.recognized('id', adopted(), [creation, part]), undefined)
  t.ok(forgotten.recognized('id', adopted(), [part]), 'alone it has ended')
  t.end()
})
