import type { Mutant } from './mutant.js'

const KNOWN = 'ha/manager/known-sessions.js'
const FORGETTING = 'ha/manager/forgetting.js'
const profile = 'long-cut'

/** Bugs in forgetting what is gone, and in telling it from what was never known. */
export const forgettingMutants: readonly Mutant[] = [
  {
    name: 'forgotten-comes-back',
    breaks:
      'A session whose death certificate is forgotten is taken for a new one when somebody who was away brings it.',
    expected: ['I3', 'I1'],
    profile: 'memory',
    edits: [
      {
        file: KNOWN,
        line: 'return creation.stamp <= this.#collected && this.covers(creation)',
        becomes: 'return false',
      },
    ],
  },
  {
    name: 'unknown-is-forgotten',
    breaks:
      'Every session from before the horizon that is not here is taken for dead, also one that was born on the other side of a cut.',
    expected: ['I2', 'I5'],
    profile: 'memory',
    edits: [
      {
        file: KNOWN,
        line: 'return creation.stamp <= this.#collected && this.covers(creation)',
        becomes: 'return creation.stamp <= this.#collected',
      },
    ],
  },
  {
    name: 'share-counts-as-table',
    breaks: 'A member that has sent one share of its table is believed to have sent all of it.',
    expected: ['I2', 'I5'],
    profile,
    edits: [{ file: 'ha/manager/shared-knowledge.js', line: 'if (isReady && shares === 1)', becomes: 'if (isReady)' }],
  },
  {
    name: 'horizon-from-the-end',
    breaks:
      'What a member knew at the end of an exchange counts as sent, also what it learned after it had begun to send.',
    expected: ['I2', 'I5'],
    profile: 'overtaken',
    edits: [
      {
        file: 'ha/manager/answers.js',
        line: 'const memory = withheld?.without(known) ?? known',
        becomes: 'const { memory } = this.#components.knowledge.now(true)',
      },
    ],
  },
  {
    name: 'horizon-not-told',
    breaks: 'A member that forgets certificates does not tell the others up to where.',
    expected: ['I3'],
    profile: 'forgetful',
    edits: [
      {
        file: KNOWN,
        after: 'join({ known, collected }) {',
        line: 'this.certificateForgotten(collected)',
        becomes: 'void 0',
      },
    ],
  },
  {
    name: 'adopted-beyond-horizon',
    breaks: 'An id whose certificate may be forgotten is adopted for its client when nobody has it.',
    expected: ['I3'],
    profile: 'memory',
    edits: [
      {
        file: 'ha/manager/session-lookup.js',
        line: 'if (this.#components.replicas.forgotten.hasEnded(id, seen))',
        becomes: 'if (false)',
      },
    ],
  },
  {
    name: 'died-unseen-forgotten',
    breaks:
      'The certificate of a session that was never seen here is forgotten while somebody who may have it is missing.',
    expected: ['I3'],
    profile: 'forgetful',
    edits: [
      {
        file: FORGETTING,
        line: 'return this.#canBeTold(copy) || (copy.odd.creation !== undefined && !this.#components.absences.isAnybodyOut())',
        becomes: 'return true',
      },
    ],
  },
  {
    name: 'certificates-for-ever',
    breaks: 'Death certificates are never forgotten.',
    expected: ['I9'],
    profile,
    edits: [
      {
        file: FORGETTING,
        line: 'const isDue = !isYoung && !isJustAwake && this.#isNeedless(copy)',
        becomes: 'const isDue = false',
      },
    ],
  },
  {
    name: 'removal-forgotten-comes-back',
    breaks: 'A value whose removal is forgotten is let in again from whoever still has it.',
    expected: ['I4', 'I1'],
    profile,
    edits: [{ file: 'ha/state/session-state.js', line: 'if (!hasSeen(mySure, b)) {', becomes: 'if (true) {' }],
  },
  {
    name: 'no-alias',
    breaks: 'A process that takes a session up again which it has dropped uses its numbers a second time.',
    expected: ['I1', 'I2', 'I5'],
    profile: 'copies',
    edits: [
      {
        file: 'ha/manager/local-commits.js',
        line: 'return isAdopted || this.#hasLostOwn(id, base, name) ? ++this.#names : name',
        becomes: 'return name',
      },
    ],
  },
  {
    name: 'adoption-without-origin',
    breaks: 'A copy that was adopted does not say of what session, so its end, once forgotten, is undone by it.',
    expected: ['I3'],
    profile,
    edits: [
      {
        file: 'ha/manager/local-commits.js',
        line: 'if (session.adoptedId !== undefined && !this.#copyOf(session))',
        becomes: 'if (false)',
      },
    ],
  },
  {
    name: 'expired-elsewhere-is-dead',
    breaks:
      'A session that expired here while it was in use on the other side of a cut is taken for dead when it comes back.',
    expected: ['I2', 'I5'],
    profile: 'apart',
    edits: [
      {
        file: 'ha/manager/forgotten-sessions.js',
        line: 'return !this.expiredUnasked.has(id) && this.#components.placement.isUnlimited',
        becomes: 'return this.#components.placement.isUnlimited',
      },
    ],
  },
  {
    name: 'living-writer-folded',
    breaks: 'A writer that is alive is dropped from the vectors of sessions that hold nothing of it.',
    expected: ['I1', 'I5', 'I2'],
    profile,
    edits: [
      { file: FORGETTING, line: 'if (copy.writers > FOLD_ABOVE)', becomes: 'if (copy.writers > 1)' },
      {
        file: FORGETTING,
        line: 'return withoutWriters(state, actor => departures.isGoneFor(actor, this.#options.retentionMs))',
        becomes: 'return withoutWriters(state, actor => !departures.isGoneFor(actor, 0))',
      },
    ],
  },
]
