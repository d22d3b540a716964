import type { DeltaManager, SessionWatch } from '@clowder/ha'
import t from 'tap'
import { NumberCodec } from '../../src/cluster/number-codec.js'
import { watchCopies } from '../../src/cluster/watch-copies.js'

type Joined = Parameters<NonNullable<SessionWatch['joined']>>

const SECONDS = 10
const entry = (actor: string, counter: number, more: object = {}) => ({
  name: 'cart',
  actor,
  counter,
  stamp: 5,
  ...more,
})

/** Shows one copy's states, one after the other, and answers what is wrong with each. */
function watched(hasForgiven = false) {
  const broken: string[] = []
  let watch: SessionWatch = {}
  const attach = (make: () => SessionWatch) => {
    watch = make()
  }
  const onlooker = { hasForgiven: () => hasForgiven, broken: (what: string) => broken.push(what) }
  watchCopies({ attach } as never as DeltaManager, { maxInactiveInterval: SECONDS }, onlooker)
  const copy = {
    id: 's',
    idleLimitMs: 1_000 * SECONDS,
    odd: { givenUp: [{ actor: 'g', counter: 1 }] },
    peek: () => ({}),
  }
  return (
    state: object,
    { local = false, changes = [] as object[], idleLimitMs = 1_000 * SECONDS, accessedAtMs = 0 } = {},
  ) => {
    const whole = { kind: 'live', entries: [], vector: [], needed: [], ...state }
    Object.assign(copy, { idleLimitMs, accessedAtMs, peek: () => whole })
    watch.joined!(...([copy, { state: whole, changes, conflicts: [] }, local] as never as Joined))
    return broken.splice(0)
  }
}

t.test('what came over a gap is known to have come over one', async t => {
  const lacks = [/does not know that it lacks what was before it/]
  const entries = [entry('a', 3)]
  const show = watched()
  t.match(show({ entries }), lacks)
  t.match(show({ entries, vector: [{ actor: 'a', counter: 2 }] }), lacks)
  t.strictSame(show({ entries, vector: [{ actor: 'a', counter: 3 }] }), [])
  t.strictSame(show({ entries, needed: [{ actor: 'a', counter: 3 }] }), [])
  t.strictSame(show({ entries: [entry('g', 1)] }), [], 'nobody waits for it any more')
  t.strictSame(watched(true)({ entries }), [], 'somebody else may have stopped waiting')
  t.strictSame(show({ kind: 'dead' }), [])
})

t.test('of removals that are forgotten the latest is remembered, and what is written comes after it', async t => {
  const show = watched()
  t.strictSame(show({ floor: 7 }), [])
  t.match(show({ floor: 6 }), [/has forgotten that a removal was forgotten/])
  t.strictSame(show({ floor: 8 }), [])
  const written = { local: true, changes: [{ after: { stamp: 8 } }] }
  t.match(show({ floor: 8 }, written), [/with a stamp below/])
  t.strictSame(show({ floor: 8 }, { ...written, local: false }), [], 'others may not have forgotten it')
  t.strictSame(show({ floor: 8 }, { ...written, changes: [{ after: { stamp: 9 } }] }), [])
})

t.test('a copy may be idle for as long as its session says, or its manager', async t => {
  const own = { name: '\u0000maxInactiveInterval', actor: 'a', counter: 1, value: new NumberCodec(3).encode(20) }
  const state = { entries: [own], vector: [{ actor: 'a', counter: 1 }] }
  const show = watched()
  t.strictSame(show(state, { idleLimitMs: 20_000 }), [])
  t.match(show(state), [/may be idle for 10000 ms, which is not what it says/])
  t.strictSame(show({}), [])
  const never = { ...state, entries: [{ ...own, value: new NumberCodec(0).encode(-1) }] }
  t.strictSame(show(never, { idleLimitMs: Number.POSITIVE_INFINITY }), [])
})

t.test('a use is not forgotten', async t => {
  const show = watched()
  t.strictSame(show({}, { accessedAtMs: -5 }), [], 'it may have been before this process began')
  t.strictSame(show({}, { accessedAtMs: 20 }), [])
  t.strictSame(show({}, { accessedAtMs: 20 }), [])
  t.match(show({}, { accessedAtMs: 19 }), [/is said to have been used less lately/])
})
