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
]
