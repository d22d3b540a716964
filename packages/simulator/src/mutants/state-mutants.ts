import type { Mutant } from './mutant.js'

const STATE = 'ha/state/session-state.js'
const DEATH = 'ha/state/death.js'

/** Bugs in what a session is and how two copies join. */
export const stateMutants: readonly Mutant[] = [
  {
    name: 'no-hlc',
    breaks:
      'Writes are stamped by the wall clock alone, so a write loses against what it has seen when its host is behind.',
    expected: ['I2', 'I5', 'I4'],
    isQuick: true,
    edits: [
      {
        file: 'ha/state/hybrid-clock.js',
        line: 'return Math.max(this.#last, above + 1)',
        becomes: 'return stampAt(this.#clock.wallTime())',
      },
    ],
  },
  {
    name: 'stamp-not-above',
    breaks:
      'A write is not stamped above the entry that it replaces, so what a clock far ahead wrote can never be overwritten.',
    expected: ['I2', 'I5'],
    profile: 'general',
    edits: [
      {
        file: 'ha/state/hybrid-clock.js',
        line: 'return Math.max(this.#last, above + 1)',
        becomes: 'return this.#last',
      },
    ],
  },
  {
    name: 'winner-by-actor',
    breaks: 'Of two entries the one of the greater writer stays, whichever was written later.',
    expected: ['I2', 'I5'],
    isQuick: true,
    edits: [{ file: 'ha/state/entry.js', line: 'if (a.stamp !== b.stamp)', becomes: 'if (false)' }],
  },
  {
    name: 'theirs-always-wins',
    breaks: 'A join takes the entry that came last, so two copies that exchange their entries swap them.',
    expected: ['I1', 'I2', 'I5'],
    isQuick: true,
    edits: [{ file: STATE, line: 'const kept = winner(a, b)', becomes: 'const kept = b' }],
  },
  {
    name: 'conflict-untold',
    breaks: 'A concurrent write that lost is dropped in silence.',
    expected: ['I6'],
    isQuick: true,
    edits: [
      {
        file: STATE,
        line: 'const isConflict = !sameDot(a, b) && isUnseen(dropped, kept, kept === a ? mySeen(a) : theirSeen(b))',
        becomes: 'const isConflict = false',
      },
    ],
  },
  {
    name: 'death-not-absorbing-in-state',
    breaks: 'A live state that arrives by anti-entropy brings a dead session back.',
    expected: ['I3', 'I1'],
    isQuick: true,
    edits: [
      {
        file: STATE,
        after: 'export function joinStates(mine, theirs) {',
        line: "if (mine.kind === 'dead')",
        becomes:
          "if (mine.kind === 'dead' && theirs.kind === 'live') return nothingChanged(theirs); if (mine.kind === 'dead')",
      },
    ],
  },
  {
    name: 'death-not-absorbing-in-delta',
    breaks: 'A commit that arrives after the death of its session brings it back.',
    expected: ['I3', 'I1'],
    isQuick: true,
    edits: [
      {
        file: STATE,
        after: 'export function joinDelta(mine, delta) {',
        line: "if (mine.kind === 'dead')",
        becomes: "if (mine.kind === 'dead') mine = emptyState; if (false)",
      },
    ],
  },
  {
    name: 'latest-death-wins',
    breaks: 'Two deaths of one session: each node keeps the one that it heard of last.',
    expected: ['I1'],
    profile: 'races',
    edits: [
      {
        file: DEATH,
        after: 'export function earlierDeath(a, b) {',
        line: 'const isEarlier = a.stamp === b.stamp ? a.reason <= b.reason : a.stamp < b.stamp',
        becomes: 'const isEarlier = false',
      },
    ],
  },
  {
    name: 'removal-deletes-entry',
    breaks: 'A removal deletes the entry instead of being one, so the old value comes back from wherever it still is.',
    expected: ['I4', 'I1', 'I2'],
    profile: 'races',
    edits: [
      {
        file: STATE,
        line: 'return { entries, changes, conflicts }',
        becomes: 'return { entries: entries.filter(e => e.value !== undefined), changes, conflicts }',
      },
      // By itself this is borne: the vector knows what was removed. Without that memory it is the bug that its name says.
      { file: STATE, line: 'if (!hasSeen(mySure, b)) {', becomes: 'if (true) {' },
      { file: STATE, line: 'if (!hasSeen(theirSure, a))', becomes: 'if (true)' },
    ],
  },
  {
    name: 'vector-skips-gaps',
    breaks: "The vector advances to a commit although its writer's earlier ones are missing.",
    expected: ['I5', 'I2', 'I1'],
    edits: [
      {
        file: STATE,
        line: 'const isNext = counterOf(mine.vector, delta.actor) >= delta.counter - 1',
        becomes: 'const isNext = true',
      },
    ],
  },
  {
    name: 'gap-off-by-one',
    breaks: 'One missing commit before the one that came is not taken for a gap.',
    expected: ['I5', 'I2', 'I1'],
    edits: [
      {
        file: STATE,
        line: 'const isNext = counterOf(mine.vector, delta.actor) >= delta.counter - 1',
        becomes: 'const isNext = counterOf(mine.vector, delta.actor) >= delta.counter - 2',
      },
    ],
  },
  {
    name: 'duplicate-counted-twice',
    breaks: 'A commit that arrives twice counts as two.',
    expected: ['I1', 'I2', 'I5'],
    profile: 'general',
    edits: [
      {
        file: STATE,
        line: 'const vector = isNext ? advanced(mine.vector, delta.actor, delta.counter) : mine.vector',
        becomes:
          'const vector = isNext ? advanced(mine.vector, delta.actor, counterOf(mine.vector, delta.actor) + 1) : mine.vector',
      },
    ],
  },
  {
    name: 'counter-stands-still',
    breaks: 'A writer gives all its commits one number.',
    expected: ['I1', 'I2', 'I5'],
    isQuick: true,
    edits: [
      {
        file: STATE,
        line: 'const counter = Math.max(counterOf(heardOf(state), actor), counterOf(seenInAll, actor)) + 1',
        becomes: 'const counter = Math.max(1, counterOf(heardOf(state), actor))',
      },
    ],
  },
  {
    name: 'state-replaces-copy',
    breaks: 'A state that arrives takes the place of the copy instead of being joined with it.',
    expected: ['I2', 'I6', 'I1'],
    isQuick: true,
    edits: [
      {
        file: STATE,
        line: 'const merged = joinEntries(sideOf(mine), sideOf(theirs))',
        becomes: 'const merged = { entries: theirs.entries, changes: [], conflicts: [] }',
      },
    ],
  },
  {
    name: 'context-lost-over-gap',
    breaks: 'A commit that comes over a gap does not keep what its writer had seen, so what it replaced seems lost.',
    expected: ['I6'],
    profile: 'queues',
    edits: [
      {
        file: STATE,
        line: 'return covers(mine.vector, context) ? entries : entries.map(entry => withContext(entry, entry.context ?? context))',
        becomes: 'return entries',
      },
    ],
  },
  {
    name: 'merged-hides-seen',
    breaks:
      'A commit to a copy with gaps that writes a merged attribute too does not say that it had seen what it replaces under other names.',
    expected: ['I6'],
    profile: 'queues',
    edits: [
      {
        file: STATE,
        line: 'const own = seenOf[i] === seen ? context : after(seenOf[i])',
        becomes: 'const own = names.some(isMerged) && !isWhole(state) ? context : after(seenOf[i])',
      },
    ],
  },
  {
    name: 'digest-blind-to-versions',
    breaks: 'The digest knows which sessions there are and not what is in them.',
    expected: ['I1'],
    edits: [
      {
        file: 'ha/state/state-hash.js',
        line: 'for (const dot of state.vector)',
        becomes: 'return lanes.done(); for (const dot of state.vector)',
      },
    ],
  },
  {
    name: 'digest-blind-to-counters',
    breaks: 'The digest takes the writers into account and not their counters nor stamps.',
    expected: ['I1'],
    profile: 'queues',
    edits: [
      {
        file: 'ha/state/state-hash.js',
        line: 'lanes.text(dot.actor).wide(dot.counter)',
        becomes: 'lanes.text(dot.actor)',
      },
      {
        file: 'ha/state/state-hash.js',
        line: 'lanes.text(entry.name).text(entry.actor).wide(entry.stamp).wide(entry.counter)',
        becomes: 'lanes.text(entry.name).text(entry.actor)',
      },
    ],
  },
  {
    name: 'removal-lost-untold',
    breaks: 'A removal that loses against a concurrent write is told to nobody.',
    expected: ['I6'],
    profile: 'partition',
    edits: [
      {
        file: STATE,
        line: 'const isConflict = !sameDot(a, b) && isUnseen(dropped, kept, kept === a ? mySeen(a) : theirSeen(b))',
        becomes:
          'const isConflict = dropped.value !== undefined && !sameDot(a, b) && isUnseen(dropped, kept, kept === a ? mySeen(a) : theirSeen(b))',
      },
    ],
  },
  {
    name: 'gap-replaced',
    breaks: 'A commit over a gap makes an earlier gap be forgotten.',
    expected: ['I10', 'I5'],
    profile: 'queues',
    edits: [
      {
        file: STATE,
        line: 'const mentioned = advanced(joinVectors(mine.needed, delta.context), delta.actor, delta.counter)',
        becomes: 'const mentioned = advanced(delta.context, delta.actor, delta.counter)',
      },
    ],
  },
]
