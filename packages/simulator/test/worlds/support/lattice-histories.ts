import { packState } from '../../../../ha/src/state/packed-state.js'
import {
  commitTo,
  type Delta,
  emptyState,
  entryOf,
  greatestStamp,
  joinDelta,
  joinStates,
  type SessionState,
  withoutRemovals,
} from '../../../../ha/src/state/session-state.js'

/** How far each replica's clock is ahead, in stamps: enough to turn the order of neighbouring commits around. */
const SKEWS = [0, 15, -15]
const STAMPS_PER_STEP = 10
const ACTORS = ['a', 'b', 'c'].map(letter => letter.repeat(16))
const WRITES: readonly (readonly [string, string | undefined])[] = [
  ['x', 'value'],
  ['y', 'value'],
  ['x', undefined],
]

interface Commit {
  readonly delta: Delta
  /** Its writer's state after it. */
  readonly after: SessionState
  readonly name: string
  readonly isRemoval: boolean
  /** The commits that had reached its writer, by number. */
  readonly seen: ReadonlySet<number>
}

/** What one history left behind: the replicas, every state that one of them was ever in, and every commit. */
export interface History {
  readonly replicas: readonly SessionState[]
  readonly states: readonly SessionState[]
  readonly commits: readonly Commit[]
  readonly hasForgotten: boolean
  /** What was done, for people. */
  readonly steps: readonly string[]
}

interface Moment extends History {
  /** Which commits have reached each replica. */
  readonly known: readonly ReadonlySet<number>[]
  readonly lastStamps: readonly number[]
}

/**
 * Every history of so many steps on so many replicas. A step is a write, a removal, the session's end or the forgetting of removals on one replica, the arrival of
 * any commit at another, in whatever order, or the arrival of another's whole state.
 */
export function* historiesOf(replicas: number, steps: number): Generator<History> {
  const none = Array.from({ length: replicas }, (): SessionState => emptyState)
  const known = none.map(() => new Set<number>())
  const lastStamps = none.map(() => 0)
  yield* after(
    { replicas: none, known, lastStamps, states: [emptyState], commits: [], steps: [], hasForgotten: false },
    steps,
  )
}

function* after(moment: Moment, left: number): Generator<History> {
  if (left === 0) return yield moment
  let isEnd = true
  for (const next of nextOf(moment)) {
    isEnd = false
    yield* after(next, left - 1)
  }
  if (isEnd) yield moment
}

function* nextOf(moment: Moment): Generator<Moment> {
  for (const [r, state] of moment.replicas.entries()) {
    if (state.kind === 'dead') continue
    for (const [name, value] of WRITES) if (value || entryOf(state, name)?.value) yield written(moment, r, name, value)
    yield moved(moment, r, { kind: 'dead', reason: 'invalidated', stamp: stampOf(moment, r, 0) }, `${r} ends`)
    const forgetful = { ...moment, hasForgotten: true }
    yield* changed(forgetful, r, withoutRemovals(state, Number.MAX_SAFE_INTEGER), `${r} forgets`)
    for (const [n, { delta }] of moment.commits.entries())
      yield* changed(learned(moment, r, [n]), r, joinDelta(state, delta).state, `${r} takes commit ${n}`)
    for (const [s, other] of moment.replicas.entries())
      if (s !== r)
        yield* changed(learned(moment, r, moment.known[s]!), r, joinStates(state, other).state, `${r} joins ${s}`)
  }
}

function learned(moment: Moment, r: number, commits: Iterable<number>): Moment {
  return { ...moment, known: moment.known.map((own, i) => (i === r ? new Set([...own, ...commits]) : own)) }
}

/** A step that changes nothing leads to no other history. */
function* changed(moment: Moment, r: number, state: SessionState, text: string): Generator<Moment> {
  if (!isSame(state, moment.replicas[r]!)) yield moved(moment, r, state, text)
}

function written(moment: Moment, r: number, name: string, value: string | undefined): Moment {
  const before = moment.replicas[r] as typeof emptyState
  const stamp = stampOf(moment, r, greatestStamp(before, [name]))
  const bytes = value === undefined ? undefined : Buffer.from(value)
  const { state, delta } = commitTo(before, ACTORS[r]!, stamp, new Map([[name, bytes]]))
  const { length } = moment.commits
  const next = moved(
    learned(moment, r, [length]),
    r,
    state,
    `${r} ${value === undefined ? 'removes' : 'writes'} ${name}`,
  )
  const commit = { delta, after: state, name, isRemoval: value === undefined, seen: moment.known[r]! }
  const lastStamps = moment.lastStamps.map((last, i) => (i === r ? stamp : last))
  return { ...next, lastStamps, commits: [...moment.commits, commit] }
}

function moved(moment: Moment, r: number, state: SessionState, text: string): Moment {
  const replicas = moment.replicas.map((old, i) => (i === r ? state : old))
  return { ...moment, replicas, states: [...moment.states, state], steps: [...moment.steps, text] }
}

function stampOf({ steps, lastStamps }: Moment, r: number, above: number): number {
  return Math.max(lastStamps[r]! + 1, above + 1, (steps.length + 2) * STAMPS_PER_STEP + SKEWS[r]!)
}

const packed = new WeakMap<SessionState, string>()

/** The canonical bytes of a state; equal states have equal bytes. */
export function bytesOf(state: SessionState): string {
  const known = packed.get(state) ?? packState(state).toString('latin1')
  packed.set(state, known)
  return known
}

export function isSame(a: SessionState, b: SessionState): boolean {
  return a === b || bytesOf(a) === bytesOf(b)
}
