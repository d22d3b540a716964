import t from 'tap'
import { KnownSessions } from '../../src/manager/known-sessions.js'
import { aliasOf } from '../../src/state/version-vector.js'

const own = 'own'.padEnd(16, '.')
const since = 100

function knownHere(isOwn = (actor: string) => actor.startsWith('own')): KnownSessions {
  return new KnownSessions(isOwn, () => since)
}

t.test('a process knows all that it has written itself, and nothing that bears its name and is older', t => {
  const known = knownHere()
  t.ok(known.covers({ actor: own, stamp: since }))
  t.ok(known.covers({ actor: aliasOf(own, 1), stamp: Number.MAX_SAFE_INTEGER }))
  t.notOk(known.covers({ actor: own, stamp: since - 1 }))
  known.learnOwn({ actor: own, stamp: 200 })
  t.notOk(known.covers({ actor: own, stamp: since - 1 }))
  known.learn({ actor: own, stamp: 50 })
  t.ok(known.covers({ actor: own, stamp: since - 1 }), 'another one has told it')
  t.end()
})

t.test('of an incarnation that it has given up it knows what it has written under it', t => {
  const known = knownHere(() => false)
  known.learnOwn({ actor: own, stamp: 200 })
  t.strictSame(
    [99, 100, 200, 201].map(stamp => known.covers({ actor: own, stamp })),
    [false, true, true, false],
  )
  known.learn({ actor: own, stamp: 300 })
  known.learnOwn({ actor: own, stamp: 250 })
  t.strictSame(
    [1, 300, 301].map(stamp => known.covers({ actor: own, stamp })),
    [true, true, false],
    'what another one has told it stays',
  )
  t.end()
})
