import type { Mutant } from './mutant.js'

const STATE = 'ha/state/session-state.js'
const REPLICAS = 'ha/manager/session-replicas.js'

/** Bugs in what a copy says of itself. Mostly something else makes up for them before anybody is answered, so that whoever looks at each copy sees them. */
export const copyMutants: readonly Mutant[] = [
  {
    name: 'gap-not-noted',
    breaks: 'A copy does not know that it lacks what was before a commit that came.',
    expected: ['I10', 'I5'],
    edits: [
      { file: STATE, line: 'const needed = stillNeeded(mentioned, vector)', becomes: 'const needed = emptyVector' },
    ],
  },
  {
    name: 'gap-lost-in-join',
    breaks: 'A copy that is joined with another one counts as whole.',
    expected: ['I10', 'I5'],
    edits: [
      {
        file: STATE,
        line: 'const needed = stillNeeded(joinVectors(mine.needed, theirs.needed), vector)',
        becomes: 'const needed = emptyVector',
      },
    ],
  },
  {
    name: 'floor-sinks',
    breaks: 'A copy that is joined with one that has forgotten no removal does not know any more that it has.',
    expected: ['I10', 'I1'],
    edits: [
      {
        file: STATE,
        line: 'const floor = Math.max(floorOf(mine), floorOf(theirs))',
        becomes: 'const floor = Math.min(floorOf(mine), floorOf(theirs))',
      },
    ],
  },
  {
    name: 'merged-not-taken-in',
    breaks: 'A commit of a merged attribute leaves what it has merged beside it.',
    expected: ['I10'],
    edits: [
      {
        file: STATE,
        after: 'function withoutTakenIn(mine, { context, entries }) {',
        line: 'if (names.length === 0)',
        becomes: 'if (true)',
      },
    ],
  },
  {
    name: 'idle-limit-looked-up-once',
    breaks: 'For how long a session may be idle is what it said when it came.',
    expected: ['I10', 'I9'],
    edits: [
      {
        file: REPLICAS,
        line: "if (!before || joined.changes.length > 0 || joined.state.kind === 'dead')",
        becomes: "if (!before || joined.state.kind === 'dead')",
      },
    ],
  },
  {
    name: 'own-limit-ignored',
    breaks: 'For how long a session may be idle is what the manager says, whatever the session says.',
    expected: ['I10', 'I9'],
    edits: [
      {
        file: REPLICAS,
        line: 'const seconds = this.#ownInterval(state) ?? this.#options.maxInactiveInterval',
        becomes: 'const seconds = this.#options.maxInactiveInterval',
      },
    ],
  },
  {
    name: 'clock-without-limit',
    breaks: 'One clock that is years ahead moves those of all others.',
    expected: ['I10'],
    profile: 'general',
    edits: [
      {
        file: 'ha/state/hybrid-clock.js',
        line: 'this.#last = Math.max(this.#last, Math.min(stamp, limit))',
        becomes: 'this.#last = Math.max(this.#last, stamp)',
      },
    ],
  },
  {
    name: 'shared-not-forgotten',
    breaks: 'Which buckets are shared with a member stays as it was when somebody comes or goes.',
    expected: ['I1'],
    profile: 'copies',
    edits: [{ file: 'ha/manager/placement.js', line: 'this.#shared.clear()', becomes: 'void 0' }],
  },
  {
    name: 'owners-only-asked',
    breaks: 'What the owners of a session do not have is asked of nobody else.',
    expected: ['I5'],
    profile: 'moving',
    edits: [
      {
        file: 'ha/manager/session-lookup.js',
        line: 'if (!placement.isEverywhere && !isEnough(result.isConfirmed))',
        becomes: 'if (false)',
      },
    ],
  },
]
