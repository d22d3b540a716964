import fc from 'fast-check'
import t from 'tap'
import { type Entry, hasSeen } from '../../src/state/entry.js'
import { packState, unpackState } from '../../src/state/packed-state.js'
import {
  commitTo,
  crowdedUntil,
  emptyState,
  entryOf,
  forgiven,
  greatestStamp,
  joinDelta,
  joinStates,
  type LiveState,
  type SessionState,
  withoutRemovals,
} from '../../src/state/session-state.js'
import { stateHash } from '../../src/state/state-hash.js'
import { NAMES, type Replica, randomHistory } from '../support/session-histories.js'

const [ANN, BOB, CID] = ['a', 'b', 'c'].map(name => name.repeat(16)) as [string, string, string]
const YEARS_AHEAD = 1e15
const bytes = (state: SessionState) => packState(state).toString('hex')
const join = (a: SessionState, b: SessionState) => joinStates(a, b).state as LiveState

/** Written, and removed by somebody whose clock is far ahead. */
function removed(): LiveState {
  const written = commitTo(emptyState, ANN, 10, new Map([['x', Buffer.from('1')]]))
  return commitTo(written.state, ANN, YEARS_AHEAD, new Map([['x', undefined]])).state
}

function write(state: LiveState, actor: string) {
  const stamp = Math.max(20, greatestStamp(state, ['x']) + 1)
  return commitTo(state, actor, stamp, new Map([['x', Buffer.from('2')]]))
}

t.test('what is written after a removal that was forgotten prevails where the removal is still kept', async t => {
  const kept = removed()
  const forgot = withoutRemovals(kept, YEARS_AHEAD)
  t.equal(entryOf(forgot, 'x'), undefined)
  const { state, delta } = write(forgot, BOB)
  const joined = joinDelta(kept, delta)
  t.match(joined, { conflicts: [] })
  t.same(entryOf(joined.state as LiveState, 'x')?.value, Buffer.from('2'))
  t.same(bytes(join(kept, state)), bytes(join(state, kept)))
})

t.test('so does what is written by somebody who was only told what is left', async t => {
  const kept = removed()
  const told = join(emptyState, unpackState(packState(withoutRemovals(kept, YEARS_AHEAD))))
  const { delta } = write(told, CID)
  t.same(entryOf(joinDelta(kept, delta).state as LiveState, 'x')?.value, Buffer.from('2'))
})

t.test('a removal that one of two copies has forgotten is gone when they have met', async t => {
  const kept = removed()
  const forgot = withoutRemovals(kept, YEARS_AHEAD)
  for (const met of [join(kept, forgot), join(forgot, kept)]) t.strictSame(met.entries, [])
})

t.test('what somebody has removed, and forgotten that, is told as removed where it still was', async t => {
  const written = commitTo(emptyState, ANN, 10, new Map([['x', Buffer.from('1')]])).state
  const forgot = withoutRemovals(removed(), YEARS_AHEAD)
  const gone = joinStates(written, forgot)
  t.match(gone.changes, [{ before: { name: 'x', value: Buffer.from('1') }, after: { name: 'x', value: undefined } }])
  t.strictSame(joinStates(removed(), forgot).changes, [], 'a removal is not told twice')
})

t.test('of more than a thousand removals the older half is too much, of a thousand nothing', async t => {
  for (const count of [1_000, 1_001]) {
    let state: LiveState = emptyState
    for (let n = 1; n <= count; n++) state = commitTo(state, ANN, n, new Map([[`n${n}`, undefined]])).state
    t.equal(crowdedUntil(state), count === 1_000 ? 0 : 501)
  }
})

t.test('a copy that has forgotten a removal is told from one that never had it, until they have met', async t => {
  const kept = removed()
  const one = write(withoutRemovals(kept, YEARS_AHEAD), BOB)
  const other = joinDelta(kept, one.delta).state as LiveState
  t.not(bytes(one.state), bytes(other))
  t.notSame(stateHash('id', one.state), stateHash('id', other))
  t.equal(bytes(join(one.state, other)), bytes(join(other, one.state)))
  t.same(join(one.state, other), unpackState(packState(join(other, one.state))))
})

t.test(
  'a removal whose commit a copy does not include stays, also when it waits no longer for what comes before',
  t => {
    const written = commitTo(emptyState, ANN, 10, new Map([['x', Buffer.from('1')]]))
    const { delta } = commitTo(written.state, ANN, 20, new Map([['x', undefined]]))
    const copy = withoutRemovals(forgiven(joinDelta(emptyState, delta).state as LiveState), YEARS_AHEAD)
    const { state } = joinStates(copy, written.state)
    t.match(entryOf(state as LiveState, 'x'), { value: undefined })
    t.end()
  },
)

t.test(
  'a write wins wherever only what its writer has seen is kept, although removals are forgotten at any time',
  async t => {
    const plan = fc.record({ seed: fc.nat(), farAhead: fc.boolean(), forgetting: fc.constantFrom(0.05, 0.2) })
    fc.assert(
      fc.property(plan, plan => {
        const { replicas } = randomHistory({ ...plan, steps: 50, merged: false })
        const states = replicas.map(r => r.state as LiveState)
        const final = states.reduce(join)
        return (
          states.every(s => bytes(join(s, final)) === bytes(join(final, s))) && replicas.every(r => prevails(r, states))
        )
      }),
      { numRuns: 2_000 },
    )
    t.pass('2000 runs')
  },
)

/** Whether what this copy's node would write now is kept by all the others that have nothing else than it has. */
function prevails({ state, actor, clock }: Replica, others: readonly LiveState[]): boolean {
  const mine = state as LiveState
  const value = Buffer.from('new')
  return NAMES.every(name => {
    const { delta } = commitTo(mine, actor, clock.next(greatestStamp(mine, [name])), new Map([[name, value]]))
    const known = others.filter(other => isSeen(mine, entryOf(other, name)))
    return known.every(other => entryOf(joinDelta(other, delta).state as LiveState, name)?.value === value)
  })
}

function isSeen({ vector }: LiveState, entry: Entry | undefined): boolean {
  return !entry || hasSeen(vector, entry)
}
