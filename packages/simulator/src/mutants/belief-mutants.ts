import type { Mutant } from './mutant.js'

const ACCESS = 'ha/manager/access-times.js'
const REPLICAS = 'ha/manager/session-replicas.js'
const TOKEN = 'ha/state/version-token.js'

/** Bugs in what processes believe that something else mostly makes up for: when a session was used, what time it is, what a client has seen. */
export const beliefMutants: readonly Mutant[] = [
  {
    name: 'stamps-not-followed',
    breaks:
      'The clock follows nothing that it hears, so what is written next to another session may be stamped below it.',
    expected: ['I10'],
    isQuick: true,
    edits: [{ file: 'ha/state/hybrid-clock.js', line: 'if (stamp <= this.#last)', becomes: 'if (true)' }],
  },
  {
    name: 'commits-not-followed',
    breaks: 'The clock follows ends and whole sessions, but not the commits of others.',
    expected: ['I10'],
    isQuick: true,
    edits: [{ file: REPLICAS, line: 'this.hybridClock.observe(delta.entries[0]?.stamp ?? 0)', becomes: 'void 0' }],
  },
  {
    name: 'use-forgotten-for-older',
    breaks: 'Whoever is sent a copy that was used less lately than its own believes that it was used then.',
    expected: ['I10'],
    isQuick: true,
    edits: [
      {
        file: REPLICAS,
        line: 'const stored = this.#store(sent.id, joined, false, Math.max(lastMs, accessedAtMs))',
        becomes: 'const stored = this.#store(sent.id, joined, false, accessedAtMs)',
      },
    ],
  },
  {
    name: 'use-told-is-the-latest',
    breaks: 'Whoever is told of a use forgets a later one of its own.',
    expected: ['I7'],
    profile: 'readers',
    edits: [
      {
        file: ACCESS,
        line: 'copy.accessedAtMs = Math.max(copy.accessedAtMs, this.#components.clock.now() - access.idleMs)',
        becomes: 'copy.accessedAtMs = this.#components.clock.now() - access.idleMs',
      },
    ],
  },
  {
    name: 'coming-counts-as-use',
    breaks:
      'A session that comes from another node counts as used when it comes: it lives for as long as nodes come and go.',
    expected: ['I9'],
    profile: 'readers',
    edits: [
      {
        file: REPLICAS,
        line: 'const accessedAtMs = this.#components.clock.now() - sent.idleMs',
        becomes: 'const accessedAtMs = this.#components.clock.now()',
      },
    ],
  },
  {
    name: 'uses-meanwhile-untold',
    breaks: 'A member that is back is not told what was used while it was away.',
    expected: ['I7'],
    profile: 'readers',
    edits: [
      {
        file: ACCESS,
        line: 'this.#sendAll([member], used.map(copy => ({ id: copy.id, idleMs: copy.idleMs(nowMs) })))',
        becomes: 'this.#sendAll([], used.map(copy => ({ id: copy.id, idleMs: copy.idleMs(nowMs) })))',
      },
    ],
  },
  {
    name: 'cookie-names-no-use',
    breaks: 'The cookie of a client that was served an older copy does not say that the session is in use.',
    expected: ['I10'],
    isQuick: true,
    edits: [{ file: TOKEN, line: 'if (token.usedMs !== undefined)', becomes: 'if (false)' }],
  },
  {
    name: 'cookie-names-an-older-stamp',
    breaks:
      'The cookie of a client that was served an older copy names the stamp of that copy, and not what it had seen.',
    expected: ['I10'],
    isQuick: true,
    edits: [
      { file: TOKEN, line: 'const stamp = Math.max(token.stamp, seen.stamp)', becomes: 'const stamp = token.stamp' },
    ],
  },
  {
    name: 'end-stamped-below',
    breaks:
      'The end of a session is stamped above what this process has heard of, and not above what it ends: that may be from a clock far ahead.',
    expected: ['I10'],
    edits: [
      {
        file: 'ha/manager/local-commits.js',
        line: 'const stamp = hybridClock.next(Math.max(0, ...ended.entries.map(entry => entry.stamp)))',
        becomes: 'const stamp = hybridClock.next(0)',
      },
    ],
  },
  {
    name: 'later-end-stays',
    breaks: 'Of two ends of one session the later one stays.',
    expected: ['I10'],
    isQuick: true,
    edits: [
      {
        file: 'ha/state/death.js',
        line: 'const [earlier, later] = isEarlier ? [a, b] : [b, a]',
        becomes: 'const [later, earlier] = isEarlier ? [a, b] : [b, a]',
      },
    ],
  },
  {
    name: 'late-beside-what-took-it-in',
    breaks: 'Under a merged name, what a commit over a gap had taken in is put beside it when it comes late.',
    expected: ['I1'],
    profile: 'uncompared',
    edits: [
      {
        file: 'ha/state/session-state.js',
        line: 'const theirs = { entries: entriesOver(mine, withoutLate(mine, delta)), heard: heardOver(delta), seen: emptyVector }',
        becomes: 'const theirs = { entries: entriesOver(mine, delta), heard: heardOver(delta), seen: emptyVector }',
      },
    ],
  },
]
