import t from 'tap'
import type { Entry } from '../../../ha/src/state/entry.js'
import { entryOf, joinDelta, joinStates, type SessionState } from '../../../ha/src/state/session-state.js'
import { bytesOf, type History, historiesOf, isSame } from './support/lattice-histories.js'

const join = (a: SessionState, b: SessionState) => joinStates(a, b).state

/** The laws of a join-semilattice that these states break, each with the states that show it. */
function brokenLaws({ states, commits, hasForgotten }: History): string[] {
  const distinct = [...new Map(states.map(state => [bytesOf(state), state])).values()]
  const broken: string[] = []
  const equal = (law: string, left: SessionState, right: SessionState) => {
    if (!isSame(left, right)) broken.push(`${law}: ${JSON.stringify(left)} is not ${JSON.stringify(right)}`)
  }
  for (const a of distinct) {
    equal('idempotent', join(a, a), a)
    for (const b of distinct) {
      const both = join(a, b)
      equal('commutative', both, join(b, a))
      equal('monotone', join(a, both), both)
      // A removal that is forgotten cannot win any more against a write that did not know of it: which one stays depends on who met first.
      if (!hasForgotten) for (const c of distinct) equal('associative', join(both, c), join(a, join(b, c)))
    }
    for (const { delta, after } of commits) {
      const taken = joinDelta(a, delta).state
      equal('a commit twice', joinDelta(taken, delta).state, taken)
      if (!hasForgotten) equal('a commit, then its writer', join(taken, after), join(a, after))
    }
  }
  return broken
}

/** The replicas after they have told each other all they have, pair by pair, beginning with any. */
function* meetings({ replicas }: History): Generator<readonly SessionState[]> {
  const pairs = replicas.flatMap((_, i) => replicas.slice(i + 1).map((_, j) => [i, i + 1 + j] as const))
  for (let first = 0; first < pairs.length; first++) {
    const met = [...replicas]
    for (let n = 0; n < 2 * pairs.length; n++) {
      const [i, j] = pairs[(first + n) % pairs.length]!
      met[i] = met[j] = join(met[i]!, met[j]!)
    }
    yield met
  }
}

/** What the replicas have after they have met: all the same, nothing that was superseded, and nothing missing that nobody removed. */
function brokenEnds(history: History): string[] {
  const broken: string[] = []
  for (const met of meetings(history)) {
    const [end] = met as [SessionState]
    if (!met.every(state => isSame(state, end))) broken.push(`not converged: ${JSON.stringify(met)}`)
    if (end.kind === 'dead') continue
    if (history.states.some(({ kind }) => kind === 'dead')) broken.push('the end of the session was undone')
    for (const name of ['x', 'y']) broken.push(...brokenEntry(history, name, entryOf(end, name)))
  }
  return broken
}

function brokenEntry({ commits, hasForgotten }: History, name: string, found: Entry | undefined): string[] {
  const own = [...commits.entries()].filter(([, commit]) => commit.name === name)
  const latest = own.filter(([n]) => !own.some(([, other]) => other.seen.has(n))).map(([, commit]) => commit)
  const isAmong = latest.some(({ delta }) => delta.actor === found?.actor && delta.counter === found.counter)
  const mayLack = latest.length === 0 || (hasForgotten && latest.some(commit => commit.isRemoval))
  return isAmong || (!found && mayLack) ? [] : [`${name} is ${JSON.stringify(found)}`]
}

/** One more step takes ten times as long: MORE_STEPS=1 goes it. */
const MORE_STEPS = Number(process.env.MORE_STEPS ?? 0)

for (const [replicas, steps] of [
  [2, 4 + MORE_STEPS],
  [3, 3 + MORE_STEPS],
] as const) {
  t.test(
    `${replicas} replicas that go ${steps} steps, whichever: the laws hold, and all end with what is owed`,
    async t => {
      let histories = 0
      let forgetful = 0
      let shortest: string[] = []
      for (const history of historiesOf(replicas, steps)) {
        histories++
        if (history.hasForgotten) forgetful++
        if (shortest.length > 0) continue
        const broken = [...brokenLaws(history), ...brokenEnds(history)]
        if (broken.length > 0) shortest = [history.steps.join(', '), ...broken]
      }
      t.strictSame(shortest, [])
      t.ok(histories > 1_000 && forgetful > 0, `${histories} histories, ${forgetful} of them with something forgotten`)
      t.comment(`${histories} histories, ${forgetful} of them with something forgotten`)
    },
  )
}
