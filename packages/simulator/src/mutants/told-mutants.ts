import type { Mutant } from './mutant.js'

/** Bugs in what the application is told. */
export const toldMutants: readonly Mutant[] = [
  {
    name: 'rename-untold',
    breaks: 'The application that changes an id is not told that it has changed.',
    expected: ['I7'],
    isQuick: true,
    edits: [
      {
        file: 'ha/manager/local-commits.js',
        line: 'this.#components.replicas.announcements.idChanged(oldId, copy.id, true)',
        becomes: 'void 0',
      },
    ],
  },
  {
    name: 'rename-told-as-own',
    breaks: 'A change of id is told by every member as its own doing.',
    expected: ['I7'],
    edits: [
      {
        file: 'ha/manager/peer-messages.js',
        line: 'this.#components.replicas.announcements.idChanged(message.oldId, message.id, false)',
        becomes: 'this.#components.replicas.announcements.idChanged(message.oldId, message.id, true)',
      },
    ],
  },
  {
    name: 'beginning-untold',
    breaks: 'Of a session of which a part has come before its creation only the end is told.',
    expected: ['I7'],
    profile: 'races',
    edits: [
      {
        file: 'ha/manager/announcements.js',
        line: 'const isKnown = known !== undefined && creationOf(known) !== undefined',
        becomes: 'const isKnown = known !== undefined',
      },
    ],
  },
  {
    name: 'end-told-empty',
    breaks: 'Who is told that a session was destroyed is not told what was in it.',
    expected: ['I10'],
    isQuick: true,
    edits: [
      {
        file: 'ha/manager/announcements.js',
        line: "this.#emit('sessionDestroyed', { id, local, reason, attributes: () => this.#attributes(before) })",
        becomes: "this.#emit('sessionDestroyed', { id, local, reason, attributes: () => ({}) })",
      },
    ],
  },
  {
    name: 'properties-stay-behind',
    breaks: 'A session under another id has lost its own idle limit and who is logged in.',
    expected: ['I10'],
    profile: 'general',
    edits: [
      {
        file: 'ha/session/request-view.js',
        line: 'if (!collected.values.has(name))',
        becomes: "if (!collected.values.has(name) && name[0] !== '\\u0000')",
      },
    ],
  },
  {
    name: 'removed-still-counted',
    breaks: 'A session that is gone is counted as one that is held.',
    expected: ['I10'],
    edits: [
      {
        file: 'ha/manager/session-table.js',
        after: 'this.#buckets[copy.bucket]?.delete(copy.id)',
        line: 'this.#uncount(copy)',
        becomes: 'void 0',
      },
    ],
  },
]
