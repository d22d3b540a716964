import fc from 'fast-check'
import t from 'tap'
import { ADOPTED, encodeAdoption } from '../../src/state/adoption.js'
import { type DeadState, deathOf } from '../../src/state/death.js'
import { CREATED_AT, winner } from '../../src/state/entry.js'
import { packState, unpackState } from '../../src/state/packed-state.js'
import {
  commitTo,
  type Delta,
  emptyState,
  entryOf,
  forgiven,
  isWhole,
  joinDelta,
  joinStates,
  type LiveState,
  type SessionState,
  withoutWriters,
} from '../../src/state/session-state.js'
import { Dice } from '../support/dice.js'
import { entriesOf, type HistoryPlan, randomHistory, randomValues } from '../support/session-histories.js'

const RUNS = { numRuns: 400 }
const plan: fc.Arbitrary<HistoryPlan> = fc.record({
  seed: fc.nat(),
  actors: fc.integer({ min: 2, max: 4 }),
  steps: fc.integer({ min: 1, max: 60 }),
  deaths: fc.constantFrom(0, 0, 0.02),
  loss: fc.constantFrom(0, 0.3, 0.8),
  farAhead: fc.boolean(),
})
const alive = plan.map(p => ({ ...p, deaths: 0 }))

const bytes = (state: SessionState) => packState(state).toString('hex')
const join = (a: SessionState, b: SessionState) => joinStates(a, b).state

function threeStates(plan: HistoryPlan, dice: Dice): [SessionState, SessionState, SessionState] {
  const { states } = randomHistory(plan)
  return [dice.pick(states), dice.pick(states), dice.pick(states)]
}

t.test('the join of reachable states is idempotent, commutative and associative', async t => {
  fc.assert(
    fc.property(plan, fc.nat(), (plan, seed) => {
      const [a, b, c] = threeStates(plan, new Dice(seed))
      if (bytes(join(a, a)) !== bytes(a)) return false
      if (bytes(join(a, b)) !== bytes(join(b, a))) return false
      return bytes(join(join(a, b), c)) === bytes(join(a, join(b, c)))
    }),
    { numRuns: 3_000 },
  )
  t.pass('3000 runs')
})

t.test('a join that brings nothing new reports nothing', async t => {
  fc.assert(
    fc.property(plan, fc.nat(), (plan, seed) => {
      const [a, b] = threeStates(plan, new Dice(seed))
      const joined = join(a, b)
      return [a, b].every(part => {
        const again = joinStates(joined, part)
        return again.changes.length === 0 && again.conflicts.length === 0 && bytes(again.state) === bytes(joined)
      })
    }),
    RUNS,
  )
  t.pass()
})

t.test('deltas in any order, some doubled, and one full exchange of states give equal bytes everywhere', async t => {
  fc.assert(
    fc.property(plan, fc.nat(), (plan, seed) => {
      const dice = new Dice(seed)
      const { replicas } = randomHistory(plan)
      const orders = replicas.map(() => shuffled(replicas, dice))
      const results = orders.map(order => bytes(order.map(r => r.state).reduce(join)))
      return new Set(results).size === 1
    }),
    RUNS,
  )
  t.pass()
})

t.test('all deltas, delivered in any order, are everything there is to know', async t => {
  fc.assert(
    fc.property(alive, fc.nat(), (plan, seed) => {
      const dice = new Dice(seed)
      const { deltas, replicas } = randomHistory({ ...plan, merged: false })
      const [reference, other] = [shuffled(deltas, dice), shuffled([...deltas, ...deltas], dice)].map(
        order => order.reduce((state: SessionState, delta) => joinDelta(state, delta).state, emptyState) as LiveState,
      )
      const exchanged = replicas.map(r => r.state).reduce(join) as LiveState
      return (
        sameEntries(reference!, other!) && sameEntries(reference!, exchanged) && sameEntries(reference!, ideal(deltas))
      )
    }),
    RUNS,
  )
  t.pass()
})

t.test('delivered in the order in which they were made, deltas leave no gap', async t => {
  fc.assert(
    fc.property(alive, plan => {
      const { deltas, replicas } = randomHistory(plan)
      const state = deltas.reduce((s: SessionState, d) => joinDelta(s, d).state, emptyState) as LiveState
      return (
        isWhole(state) && state.vector.length === replicas.filter(r => deltas.some(d => d.actor === r.actor)).length
      )
    }),
    RUNS,
  )
  t.pass()
})

t.test(
  'a write always wins against what its writer has seen, also when that came from a clock years ahead',
  async t => {
    fc.assert(
      fc.property(alive, plan => {
        const { replicas, superseded } = randomHistory({ ...plan, merged: false })
        const final = replicas.map(r => r.state).reduce(join)
        return entriesOf(final).every(entry => !superseded.has(entry))
      }),
      { numRuns: 2_000 },
    )
    t.pass('2000 runs')
  },
)

t.test('copies come to the same bytes, whichever of them had folded which writers or given up a gap', async t => {
  const reduced = (state: SessionState, dice: Dice) => {
    if (state.kind === 'dead') return state
    const gone = new Set(state.vector.filter(() => dice.chance(0.5)).map(dot => dot.actor))
    return withoutWriters(dice.chance(0.5) ? forgiven(state) : state, actor => gone.has(actor))
  }
  fc.assert(
    fc.property(plan, fc.nat(), (plan, seed) => {
      const dice = new Dice(seed)
      const [a, b] = threeStates(plan, dice).map(state => reduced(state, dice)) as [SessionState, SessionState]
      const both = join(a, b)
      const again = [join(b, a), join(both, a), join(b, both), join(both, both)]
      return again.every(state => bytes(state) === bytes(both))
    }),
    { numRuns: 3_000 },
  )
  t.pass('3000 runs')
})

t.test('with the name of a writer goes that others had seen it', async t => {
  const [z, y, x] = ['z', 'y', 'x'].map(actor) as [string, string, string]
  const first = commitTo(emptyState, z, 1, new Map([['one', Buffer.from('1')]]))
  const over = commitTo(first.state, y, 2, new Map([['one', Buffer.from('2')]]))
  const last = commitTo(over.state, x, 3, new Map([['two', Buffer.from('3')]]))
  const inOrder = [first, over, last].reduce<SessionState>((s, { delta }) => joinDelta(s, delta).state, emptyState)
  const otherwise = [last, first, over].reduce<SessionState>((s, { delta }) => joinDelta(s, delta).state, emptyState)
  t.equal(bytes(otherwise), bytes(inOrder))
  const folded = [inOrder, otherwise].map(s => bytes(withoutWriters(s as LiveState, actor => actor === z)))
  t.equal(folded[0], folded[1])
  t.equal(folded[0]?.includes('7a7a7a7a'), false)
})

t.test('of one write only what both copies note is kept of what its writer had seen', async t => {
  const first = commitTo(emptyState, actor('z'), 1, new Map([['one', Buffer.from('1')]]))
  const over = commitTo(first.state, actor('y'), 2, new Map([['one', Buffer.from('2')]]))
  const early = joinDelta(emptyState, over.delta).state
  const folded = withoutWriters(over.state, writer => writer === actor('z'))
  t.equal(bytes(join(early, folded)), bytes(join(folded, early)))
  const [kept] = entriesOf(join(early, folded))
  t.equal(kept?.context, undefined, 'the other copy has let go of it')
  t.strictSame(entriesOf(join(early, early))[0]?.context, over.delta.context)
})

t.test('a removal stays a removal although the old value arrives after it', async t => {
  const first = commitTo(emptyState, actor('a'), 10, new Map([['x', Buffer.from('1')]]))
  const removal = commitTo(first.state, actor('b'), 11, new Map([['x', undefined]]))
  const late = joinDelta(joinDelta(emptyState, removal.delta).state, first.delta).state as LiveState
  t.equal(entryOf(late, 'x')?.value, undefined)
  t.ok(entryOf(late, 'x'), 'the removal itself is kept')
  t.same(bytes(join(late, first.state)), bytes(removal.state))
})

t.test('a removal that has not seen what it removes is kept, and the later stamp decides', async t => {
  const write = commitTo(emptyState, actor('a'), 10, new Map([['x', Buffer.from('1')]]))
  const removal = commitTo(emptyState, actor('b'), 20, new Map([['x', undefined]]))
  for (const [s, d] of [
    [write.state, removal.delta],
    [removal.state, write.delta],
  ] as const) {
    const joined = joinDelta(s, d)
    t.equal(entryOf(joined.state as LiveState, 'x')?.value, undefined)
    t.equal(joined.conflicts.length, 1)
  }
})

t.test('death absorbs: joined with anything, in any order, the session stays dead and empty', async t => {
  fc.assert(
    fc.property(plan, fc.nat(), (plan, seed) => {
      const dice = new Dice(seed)
      const { states, deltas } = randomHistory({ ...plan, deaths: 0 })
      const death = { kind: 'dead', reason: 'invalidated', stamp: dice.below(1000) } as const
      const state = dice.pick(states)
      const dead = [join(state, death), join(death, state), ...deltas.map(d => joinDelta(death, d).state)]
      return dead.every(s => bytes(s) === bytes(death))
    }),
    RUNS,
  )
  t.pass()
})

t.test('two deaths join to the earlier one, whichever comes first', async t => {
  const early = { kind: 'dead', reason: 'renamed', stamp: 5 } as const
  for (const later of [
    { kind: 'dead', reason: 'invalidated', stamp: 6 },
    { kind: 'dead', reason: 'shutdown', stamp: 5 },
  ] as const) {
    t.strictSame(join(early, later), early)
    t.strictSame(join(later, early), early)
  }
})

t.test('what was created first stays in a death, in whatever order copies and deaths are joined', async t => {
  const [a, b] = [actor('a'), actor('b')]
  const live = commitTo(emptyState, a, 1, new Map([[CREATED_AT, Buffer.from('0')]])).state
  const unaware: DeadState = { kind: 'dead', reason: 'renamed', stamp: 5 }
  const aware: DeadState = { kind: 'dead', reason: 'shutdown', stamp: 6, creation: { actor: b, stamp: 3 } }
  const equallyAware: DeadState = { ...aware, creation: { actor: a, stamp: 3 } }
  t.strictSame(join(unaware, aware), { ...unaware, creation: { actor: b, stamp: 3 } })
  for (const [x, y, z] of [
    [unaware, aware, live],
    [aware, live, unaware],
    [live, unaware, aware],
  ] as const) {
    const expected = { ...unaware, creation: { actor: a, stamp: 1 } }
    t.strictSame(join(join(x, y), z), expected)
    t.strictSame(join(x, join(y, z)), expected)
  }
  t.strictSame(join(aware, equallyAware), join(equallyAware, aware))
})

t.test(
  'the death of an adopted copy names who had written it before, if these are all; a creation that was seen stands for them',
  async t => {
    const [a, b, c] = [actor('a'), actor('b'), actor('c')]
    const prefix = (writer: string) => writer.slice(0, 8)
    const death: DeadState = { kind: 'dead', reason: 'invalidated', stamp: 9 }
    const adoptedAt = (stamp: number, ...writers: string[]) => {
      const token = { stamp, dots: writers.map(writer => ({ actor: prefix(writer), counter: 1 })) }
      return commitTo(emptyState, c, 5, new Map([[ADOPTED, encodeAdoption(token)]])).state
    }
    const ofBoth = deathOf(adoptedAt(3, b, a), death)
    t.strictSame(ofBoth, { ...death, adopted: { actors: [prefix(a), prefix(b)], stamp: 3 } })
    t.strictSame(unpackState(packState(ofBoth)), ofBoth)
    t.strictSame(
      deathOf(adoptedAt(3, ...'abcde'.split('').map(actor)), death),
      death,
      'the first may not be among them',
    )
    t.strictSame(join(ofBoth, adoptedAt(2, a)), deathOf(adoptedAt(2, a), death), 'of two the earlier')
    const seen = { ...death, creation: { actor: a, stamp: 3 } }
    for (const [x, y] of [
      [ofBoth, seen],
      [seen, ofBoth],
      [seen, adoptedAt(2, a)],
    ] as const)
      t.strictSame(join(x, y), seen)
  },
)

t.test('a gap is needed until the missing commit has come, and what was taken early is kept', async t => {
  const one = commitTo(emptyState, actor('a'), 1, new Map([['x', Buffer.from('1')]]))
  const two = commitTo(one.state, actor('a'), 2, new Map([['y', Buffer.from('2')]]))
  const early = joinDelta(emptyState, two.delta).state as LiveState
  t.notOk(isWhole(early))
  t.strictSame(early.vector, [])
  t.strictSame(early.needed, [{ actor: actor('a'), counter: 2 }])
  t.same(entryOf(early, 'y')?.value, Buffer.from('2'))
  t.same(bytes(join(early, two.state)), bytes(two.state))
  t.ok(isWhole(forgiven(early)))
  const both = joinDelta(early, one.delta).state as LiveState
  t.strictSame(
    both.vector,
    [{ actor: actor('a'), counter: 1 }],
    'the second is asked for once more: it was taken without being counted',
  )
})

t.test(
  'conflicts are reported exactly for writes that had not seen each other, wherever deltas arrive in causal order',
  async t => {
    let reported = 0
    fc.assert(
      fc.property(fc.nat(), seed => {
        const run = causalRun(new Dice(seed))
        reported += run.reported.length
        return run.reported.sort().join() === run.expected.sort().join()
      }),
      RUNS,
    )
    t.ok(reported > 1000, `${reported} conflicts were seen`)
  },
)

t.test('in whatever order deltas arrive, one that was superseded is not reported as a conflict', async t => {
  fc.assert(
    fc.property(fc.nat(), seed => {
      const dice = new Dice(seed)
      const { commits } = causalRun(dice)
      let state: SessionState = emptyState
      for (const { delta } of shuffled([...commits, ...commits], dice)) {
        const joined = joinDelta(state, delta)
        state = joined.state
        for (const { kept, dropped } of joined.conflicts) {
          const later = commits.find(c => c.delta.actor === kept.actor && c.delta.counter === kept.counter)!
          if (later.seen.has(dotText(dropped))) return false
        }
      }
      return true
    }),
    RUNS,
  )
  t.pass()
})

t.test(
  'two commits of one writer that arrive in the wrong order are no conflict, even when the first had been given up',
  async t => {
    const one = commitTo(emptyState, actor('a'), 1, new Map([['x', Buffer.from('1')]]))
    const two = commitTo(one.state, actor('a'), 2, new Map([['x', Buffer.from('2')]]))
    const early = joinDelta(emptyState, two.delta).state as LiveState
    t.strictSame(joinDelta(early, one.delta).conflicts, [])
    t.strictSame(joinDelta(forgiven(early), one.delta).conflicts, [])
  },
)

t.test('the winner is a total order', async t => {
  const entry = fc.record({
    name: fc.constant('x'),
    actor: fc.constantFrom(actor('a'), actor('b')),
    counter: fc.integer({ min: 1, max: 3 }),
    stamp: fc.nat(3),
    value: fc.constant(undefined),
  })
  fc.assert(
    fc.property(entry, entry, entry, (a, b, c) => {
      const same = (x: object, y: object) => JSON.stringify(x) === JSON.stringify(y)
      return (
        same(winner(a, b), winner(b, a)) && same(winner(winner(a, b), c), winner(a, winner(b, c))) && winner(a, a) === a
      )
    }),
    RUNS,
  )
  t.pass()
})

t.test('entryOf finds every name and no other', async t => {
  const names = fc.uniqueArray(fc.string({ maxLength: 4 }), { maxLength: 20 })
  fc.assert(
    fc.property(names, fc.string({ maxLength: 4 }), (names, other) => {
      if (names.length === 0) return entryOf(emptyState, other) === undefined
      const values = new Map(names.map(name => [name, Buffer.from(name)]))
      const { state } = commitTo(emptyState, actor('a'), 1, values)
      const found = (name: string) => Buffer.from(entryOf(state, name)?.value ?? []).toString()
      return (
        names.every(name => found(name) === Buffer.from(name).toString()) &&
        !!entryOf(state, other) === names.includes(other)
      )
    }),
    RUNS,
  )
  t.pass()
})

interface Made {
  readonly delta: Delta
  /** The dots of all commits that its writer had seen, as an onlooker knows them. */
  readonly seen: ReadonlySet<string>
}

/** Three replicas; each delta is delivered once what it depends on has been. Causality is kept apart from the code under test, in sets of dots. */
function causalRun(dice: Dice) {
  const nodes = ['a', 'b', 'c'].map(name => ({
    actor: actor(name),
    state: emptyState as LiveState,
    seen: new Set<string>(),
  }))
  const commits: Made[] = []
  const reported: string[] = []
  const expected: string[] = []
  let stamp = 0
  for (let step = 0; step < 40; step++) {
    const node = dice.pick(nodes)
    const due = commits.filter(c => !node.seen.has(deltaDot(c.delta)) && [...c.seen].every(dot => node.seen.has(dot)))
    if (due.length > 0 && dice.chance(0.6)) {
      const made = dice.pick(due)
      for (const entry of made.delta.entries) {
        const mine = entryOf(node.state, entry.name)
        if (mine && !made.seen.has(dotText(mine))) expected.push(pairText(entry.name, mine, entry))
      }
      const joined = joinDelta(node.state, made.delta)
      for (const { kept, dropped } of joined.conflicts) reported.push(pairText(kept.name, kept, dropped))
      node.state = joined.state as LiveState
      node.seen.add(deltaDot(made.delta))
    } else {
      stamp += dice.below(2)
      const values = randomValues(dice)
      const above = Math.max(0, ...[...values.keys()].map(name => entryOf(node.state, name)?.stamp ?? 0))
      const { state, delta } = commitTo(node.state, node.actor, Math.max(stamp, above + 1), values)
      commits.push({ delta, seen: new Set(node.seen) })
      node.state = state
      node.seen.add(deltaDot(delta))
    }
  }
  return { commits, reported, expected }
}

function actor(name: string): string {
  return name.repeat(16)
}

function dotText(dot: { readonly actor: string; readonly counter: number }): string {
  return `${dot.actor[0]}${dot.counter}`
}

function deltaDot(delta: Delta): string {
  return dotText(delta)
}

function pairText(
  name: string,
  a: Delta | { actor: string; counter: number },
  b: { actor: string; counter: number },
): string {
  return `${name}:${[dotText(a), dotText(b)].sort().join('/')}`
}

function shuffled<T>(items: readonly T[], dice: Dice): T[] {
  const left = [...items]
  return items.map(() => left.splice(dice.below(left.length), 1)[0]!)
}

/** For each name the greatest write of all: what every copy must come to. */
function ideal(deltas: readonly Delta[]): Pick<LiveState, 'entries'> {
  const best = new Map<string, Delta['entries'][number]>()
  for (const entry of deltas.flatMap(d => d.entries)) {
    const rival = best.get(entry.name)
    best.set(entry.name, rival ? winner(rival, entry) : entry)
  }
  return { entries: [...best.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) }
}

function sameEntries(a: Pick<LiveState, 'entries'>, b: Pick<LiveState, 'entries'>): boolean {
  return JSON.stringify(a.entries) === JSON.stringify(b.entries)
}
