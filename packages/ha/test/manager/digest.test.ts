import fc from 'fast-check'
import t from 'tap'
import { BUCKETS, Digest, hashKey, sameHash } from '../../src/manager/digest.js'
import { SessionTable } from '../../src/manager/session-table.js'
import { packState } from '../../src/state/packed-state.js'
import { emptyState, joinStates, type SessionState } from '../../src/state/session-state.js'
import { Dice } from '../support/dice.js'
import { randomHistory } from '../support/session-histories.js'

const contents = fc.dictionary(fc.stringMatching(/^[a-z]{1,3}$/), fc.nat(40), { maxKeys: 30 })

function stateFor(seed: number): SessionState {
  return randomHistory({ seed, deaths: 0.02, steps: 20 })
    .replicas.map(r => r.state)
    .reduce((a, b) => joinStates(a, b).state)
}

const states = Array.from({ length: 41 }, (_, seed) => stateFor(seed))

function tableOf(sessions: Record<string, number>, dice: Dice): SessionTable {
  const table = new SessionTable()
  const ids = Object.keys(sessions).sort(() => dice.below(3) - 1)
  for (const id of ids) {
    if (dice.chance(0.5)) table.put(id, emptyState, 0)
    table.put(id, states[sessions[id]!]!, 0)
  }
  return table
}

const sameContents = (a: Record<string, number>, b: Record<string, number>) => {
  const bytes = (c: Record<string, number>) =>
    Object.keys(c)
      .sort()
      .map(id => [id, packState(states[c[id]!]!).toString('hex')])
  return JSON.stringify(bytes(a)) === JSON.stringify(bytes(b))
}

t.test('equal contents have equal roots, in whatever order they came; different ones do not', async t => {
  fc.assert(
    fc.property(contents, contents, fc.nat(), (a, b, seed) => {
      const dice = new Dice(seed)
      const [rootA, again, rootB] = [a, a, b].map(c => tableOf(c, dice).digest.root())
      return sameHash(rootA!, again!) && sameHash(rootA!, rootB!) === sameContents(a, b)
    }),
    { numRuns: 300 },
  )
  t.pass()
})

t.test('what is put in and removed again leaves no trace', async t => {
  fc.assert(
    fc.property(contents, contents, fc.nat(), (kept, removed, seed) => {
      const table = tableOf(kept, new Dice(seed))
      const before = { root: table.digest.root(), live: table.liveCount, dead: table.deadCount }
      for (const id of Object.keys(removed)) table.remove(table.put(`${id}*`, states[removed[id]!]!, 0))
      return (
        JSON.stringify({ root: table.digest.root(), live: table.liveCount, dead: table.deadCount }) ===
        JSON.stringify(before)
      )
    }),
    { numRuns: 300 },
  )
  t.pass()
})

t.test('the shares of a table are all of it, each bucket once', async t => {
  for (const shares of [1, 2, 3, 7, 1024, 2000]) {
    const of = (counted: Uint8Array) =>
      Array.from({ length: shares }, (_, share) => new Digest().buckets(share, shares, counted)).flat()
    const buckets = of(new Uint8Array(BUCKETS).fill(1))
    t.equal(new Set(buckets.map(({ bucket }) => bucket)).size, BUCKETS)
    t.equal(buckets.length, BUCKETS)
    t.match(of(new Uint8Array(BUCKETS).fill(1, 17, 18)), [{ bucket: 17 }], 'of those that are counted')
  }
})

t.test('a difference in one session shows in its share only', async t => {
  const [a, b] = [tableOf({ x: 1, y: 2 }, new Dice(1)), tableOf({ x: 1, y: 3 }, new Dice(1))]
  const different = [0, 1, 2, 3].filter(share => !sameHash(a.digest.root(share, 4), b.digest.root(share, 4)))
  t.strictSame(different, [a.get('y')!.bucket % 4])
})

t.test('two buckets that swapped their contents do not cancel out', async t => {
  const [a, b] = [new Digest(), new Digest()]
  const [h, g] = [
    { high: 1, low: 2 },
    { high: 3, low: 4 },
  ]
  a.toggle(5, h)
  a.toggle(6, g)
  b.toggle(6, h)
  b.toggle(5, g)
  t.notOk(sameHash(a.root(), b.root()))
})

t.test('a hash as a number is a safe integer ≥ 0', async t => {
  for (const half of [0, -1, 1, 2 ** 31 - 1, -(2 ** 31)]) {
    const key = hashKey({ high: half, low: half })
    t.ok(Number.isSafeInteger(key) && key >= 0)
  }
})

t.test('open states are packed when nobody uses them, and reading one opens it for a while', async t => {
  const table = new SessionTable()
  const copy = table.put('x', states[0]!, 0)
  const bytes = copy.packed()
  table.packIdle(10_000, 100)
  t.ok(copy.isPacked)
  t.ok(copy.packed().equals(bytes))
  t.ok(copy.state)
  t.notOk(copy.isPacked)
  table.packIdle(20_000, 100)
  t.ok(copy.isPacked, 'it was found again although nobody had noted its use')
})

t.test('what leaves the table packed stays what it was, whoever gets its place in memory', async t => {
  const dead = (stamp: number) => ({ kind: 'dead', reason: 'invalidated', stamp }) as const
  const table = new SessionTable()
  const copy = table.put('x', dead(1), 0)
  const bytes = copy.packed()
  table.packIdle(10_000, 100)
  t.ok(copy.isPacked)
  table.remove(copy)
  t.notOk(copy.isPacked, 'its place is free')
  for (const id of ['y', 'z']) table.put(id, dead(2), 10_000)
  table.packIdle(20_000, 100)
  t.ok(copy.packed().equals(bytes))
})

t.test('a session that is put as its bytes is the same as one that is put open', async t => {
  const [open, packed] = [new SessionTable(), new SessionTable()]
  const [state] = states
  if (state?.kind !== 'live') return void t.fail('not a live state')
  const bytes = packState(state)
  open.put('x', state, 5)
  const copy = packed.putPacked('x', state, bytes, 5)
  const expected = packState(state)
  bytes.fill(0)
  t.strictSame(packed.digest.root(), open.digest.root())
  t.equal(packed.liveCount, 1)
  t.equal(copy.accessedAtMs, 5)
  t.ok(copy.packed().equals(expected))
  t.ok(packState(copy.state).equals(expected))
})

t.test('a copy that was dropped does not take the one that came after it along', async t => {
  const table = new SessionTable()
  const first = table.put('x', states[0]!, 0)
  table.remove(first)
  const second = table.put('x', states[1]!, 0)
  table.remove(first)
  t.equal(table.get('x'), second)
})
