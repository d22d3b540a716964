import t from 'tap'
import { KnownSessions } from '../../src/manager/known-sessions.js'
import { aliasOf, processOf } from '../../src/state/version-vector.js'

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
  known.learn({ actor: own, stamp: since - 1, since: 0 })
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
  known.learn({ actor: own, stamp: 300, since: 0 })
  known.learnOwn({ actor: own, stamp: 250 })
  t.strictSame(
    [1, 300, 301].map(stamp => known.covers({ actor: own, stamp })),
    [true, true, false],
    'what another one has told it stays',
  )
  t.end()
})

t.test('a process and its clone have one incarnation: of each is known what it has told, and when it began', t => {
  const known = knownHere()
  const clone = 'clone'.padEnd(16, '.')
  const covered = () => [9, 10, 20, 21, 49, 50, 60, 61].filter(stamp => known.covers({ actor: clone, stamp }))
  known.learn({ actor: clone, stamp: 60, since: 50 })
  t.strictSame(covered(), [50, 60])
  known.learn({ actor: aliasOf(clone, 1), stamp: 20, since: 10 })
  known.learn({ actor: clone, stamp: 15, since: 10 })
  t.strictSame(covered(), [10, 20, 50, 60])
  t.strictSame(
    known.memory().known.map(({ since, stamp }) => [since, stamp]),
    [
      [50, 60],
      [10, 20],
    ],
    'and is told so',
  )
  t.equal(known.size, 2)
  t.end()
})

t.test('a thousand are remembered, the latest', t => {
  const known = knownHere()
  const actor = (n: number) => String(n).padEnd(16, '.')
  for (let n = 0; n < 1_030; n++) known.learn({ actor: actor(n % 1_000), stamp: 1_000 + n, since: n })
  t.equal(known.size, 1_024)
  t.strictSame(
    [5, 6].map(n => known.covers({ actor: actor(n), stamp: 999 + n })),
    [false, true],
  )
  t.ok(known.covers({ actor: actor(5), stamp: 2_005 }), 'of two with one incarnation the later')
  known.learn({ actor: actor(2_000), stamp: 1_000, since: 0 })
  t.equal(known.size, 1_024)
  t.strictSame(
    [known.covers({ actor: actor(6), stamp: 1_005 }), known.covers({ actor: actor(2_000), stamp: 1_000 })],
    [true, false],
    'none goes for an earlier one',
  )
  t.end()
})

t.test('what is told with a gap is known with it, until it is told without', t => {
  const known = knownHere()
  const other = 'other'.padEnd(16, '.')
  const covered = () => [10, 20, 21, 29, 30, 60, 61].filter(stamp => known.covers({ actor: other, stamp }))
  known.certificateForgotten(100)
  known.learn({ actor: other, stamp: 20, since: 10 })
  known.learn({ actor: other, stamp: 60, since: 30 })
  known.learn({ actor: other, stamp: 50, since: 40 })
  t.strictSame(covered(), [10, 20, 30, 60])
  t.equal(known.size, 2, 'what lies within is not kept besides')
  t.equal(known.forgottenUntil(processOf(other)), 20, 'what lies in the gap may live')
  known.learn({ actor: other, stamp: 61, since: 10 })
  t.strictSame(covered(), [10, 20, 21, 29, 30, 60, 61])
  t.equal(known.size, 1)
  t.end()
})
