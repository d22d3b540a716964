import type { Mutant } from './mutant.js'

const ANTI_ENTROPY = 'ha/manager/anti-entropy.js'
const ANSWERS = 'ha/manager/answers.js'
const PULLS = 'ha/manager/pulls.js'
const PEER_MESSAGES = 'ha/manager/peer-messages.js'

/** Bugs in how copies meet: questions about one session, comparisons of whole tables, joining. */
export const exchangeMutants: readonly Mutant[] = [
  {
    name: 'no-anti-entropy',
    breaks: 'Tables are never compared.',
    expected: ['I1', 'I2'],
    isQuick: true,
    edits: [{ file: ANTI_ENTROPY, line: 'if (this.#isStopped)', becomes: 'if (true)' }],
  },
  {
    name: 'heal-not-opened',
    breaks:
      'A member that comes back is not compared with, in a cluster so large that the routine takes a minute to come to it.',
    expected: ['I1'],
    edits: [
      // Alone it is made up for: where there are few, the routine comes to everybody within seconds.
      {
        file: ANTI_ENTROPY,
        line: 'const peer = members[this.#nextPeer++ % Math.max(1, members.length)]',
        becomes: 'const peer = members[this.#nextPeer++ % Math.max(60, members.length)]',
      },
      {
        file: 'ha/manager/healing.js',
        line: 'if (antiEntropy.isReady && peers.localId < member.id && !antiEntropy.isComparing(member))',
        becomes: 'if (false)',
      },
    ],
  },
  {
    name: 'no-routine',
    breaks: 'Tables are compared when a member comes, and not as a routine.',
    expected: ['I1'],
    profile: 'queues',
    edits: [
      {
        file: ANTI_ENTROPY,
        line: 'if (peer && this.isReady)',
        becomes: 'if (false)',
      },
    ],
  },
  {
    name: 'no-want',
    breaks: 'The answerer of a comparison does not ask for what it lacks, and never opens one itself.',
    expected: ['I1'],
    edits: [
      { file: ANSWERS, line: 'if (wanted.length > 0)', becomes: 'if (false)' },
      // Alone it is made up for a second later, when the other one opens: here nobody does whose id is the greater.
      {
        file: ANTI_ENTROPY,
        line: 'if (!this.isComparing(peer) && !this.#stillAgrees(peer))',
        becomes: 'if (!this.isComparing(peer) && this.#components.peers.localId < peer.id)',
      },
    ],
  },
  {
    name: 'done-before-states',
    breaks: 'The answerer of a comparison says that it is done, and sends nothing.',
    expected: ['I1', 'I5'],
    profile: 'memory',
    edits: [
      {
        file: ANSWERS,
        line: 'answer.stream.append(copiesNotIn(replicas.table, lists, clock, copy => withheld.add(copy)))',
        becomes: 'void 0',
      },
    ],
  },
  {
    name: 'want-unanswered',
    breaks:
      'The opener of a comparison does not send what it is asked for, and nobody compares in the other direction.',
    expected: ['I1'],
    edits: [
      {
        file: ANTI_ENTROPY,
        line: 'exchange.stream.append(copiesIn(replicas.table, buckets, clock, copy => exchange.withheld.add(copy)))',
        becomes: 'void 0',
      },
      // Alone it is made up for a second later, when the other one opens: here nobody does whose id is the greater.
      {
        file: ANTI_ENTROPY,
        line: 'if (!this.isComparing(peer) && !this.#stillAgrees(peer))',
        becomes: 'if (!this.isComparing(peer) && this.#components.peers.localId < peer.id)',
      },
    ],
  },
  {
    name: 'deaths-not-compared',
    breaks: 'Comparisons send living sessions only.',
    expected: ['I3', 'I1'],
    isQuick: true,
    edits: [
      {
        file: 'ha/manager/bucket-rows.js',
        line: 'for (const copy of chosen(copiesOf(table, bucket), keysOf(rows))) {',
        becomes:
          "for (const copy of chosen(copiesOf(table, bucket), keysOf(rows)).filter(({ kind }) => kind !== 'dead')) {",
      },
    ],
  },
  {
    name: 'half-the-table',
    breaks: 'A comparison of the whole table looks at its first half.',
    expected: ['I1'],
    isQuick: true,
    edits: [
      {
        file: 'ha/manager/digest.js',
        line: 'return buckets.filter(differs).map(({ bucket }) => bucket)',
        becomes: 'return buckets.filter(differs).map(({ bucket }) => bucket).filter(bucket => bucket < BUCKETS / 2)',
      },
    ],
  },
  {
    name: 'pull-answers-nothing',
    breaks: 'A question about a session is always answered with "nothing newer".',
    expected: ['I5', 'I2'],
    isQuick: true,
    edits: [
      {
        file: PEER_MESSAGES,
        line: 'if (copy && this.#isWorthSending(copy, message))',
        becomes: 'if (false)',
      },
    ],
  },
  {
    name: 'gap-never-pulled',
    breaks: 'A missing commit is noticed and not asked for.',
    expected: ['I1', 'I5'],
    profile: 'queues',
    edits: [{ file: 'ha/manager/pulls.js', line: 'if (hasGap)', becomes: 'if (false)' }],
  },
  {
    name: 'needed-forgotten',
    breaks: 'What is missing is given up at the first answer, and counts as had from then on.',
    expected: ['I2', 'I5', 'I1'],
    profile: 'queues',
    edits: [
      {
        file: PULLS,
        line: 'if (everybodyAnswered && nowMs - sinceMs >= FORGIVE_AFTER_MS)',
        becomes: 'if (true)',
      },
      {
        file: 'ha/state/session-state.js',
        line: 'return { ...state, needed: emptyVector }',
        becomes: 'return { ...state, vector: joinVectors(state.vector, state.needed), needed: emptyVector }',
      },
    ],
  },
  {
    name: 'gap-is-whole',
    breaks: 'A copy with a hole in it answers as if it were whole.',
    expected: ['I5'],
    profile: 'queues',
    edits: [
      {
        file: 'ha/state/session-state.js',
        line: 'return state.needed.length === 0',
        becomes: 'return true',
      },
    ],
  },
  {
    name: 'idle-states-refused',
    breaks: 'A session that arrives by an exchange is dropped when it has been idle for a tenth of its time.',
    expected: ['I1', 'I2'],
    profile: 'restarts',
    edits: [
      {
        file: 'ha/manager/session-replicas.js',
        line: 'if (!copy && (this.#isPastTaking(sent, isCompared) || this.#isNeedless(sent.state)))',
        becomes: 'if (!copy && sent.idleMs * 10 >= this.#keptMs(sent.state))',
      },
    ],
  },
  {
    name: 'one-copy-too-many',
    breaks: 'Where there is one member more than copies, each holds everything.',
    expected: ['I1'],
    profile: 'copies',
    edits: [
      {
        file: 'ha/manager/placement.js',
        line: 'return this.#copies > this.#components.peers.members().length - this.#leaving.size',
        becomes: 'return this.#copies >= this.#components.peers.members().length - this.#leaving.size',
      },
    ],
  },
  {
    name: 'broken-off-is-all',
    breaks: 'A comparison whose stream broke off ends as if all had been sent.',
    expected: ['I2', 'I5'],
    profile: 'queues',
    edits: [
      {
        file: 'ha/manager/answers.js',
        line: 'return this.#end(source, { exchange, sent: 0, memory: known, departures, isReady: false })',
        becomes: 'return this.#end(source, { exchange, sent: 0, memory: known, departures })',
      },
    ],
  },
  {
    name: 'lost-chunk-is-sent',
    breaks: 'Sessions that did not reach their member count as sent.',
    expected: ['I2', 'I5'],
    profile: 'queues',
    edits: [
      {
        file: 'ha/manager/state-stream.js',
        line: 'return this.#end(undefined)',
        becomes: 'return this.#fill()',
      },
    ],
  },
  {
    name: 'no-heirs',
    breaks: 'Who leaves gives nothing to those who will own it.',
    expected: ['I2', 'I5'],
    profile: 'moving',
    edits: [{ file: 'ha/manager/handover.js', line: 'return () => successors', becomes: 'return () => []' }],
  },
  {
    name: 'failed-handover-counts',
    breaks: 'A copy that belongs elsewhere is dropped although not all of its owners have got it.',
    expected: ['I10', 'I2'],
    profile: 'copies',
    edits: [{ file: 'ha/manager/handover.js', line: 'this.#failed = true', becomes: 'void 0' }],
  },
  {
    name: 'question-without-end',
    breaks: 'A request waits for a member that is heard for as long as that takes.',
    expected: ['I11'],
    edits: [
      { file: 'ha/manager/pulls.js', line: 'if (waitedMs >= patience * this.#pullTimeoutMs)', becomes: 'if (false)' },
    ],
  },
  {
    name: 'end-not-answered',
    breaks: 'Who is asked for a session that has ended says that it has it, and nothing more.',
    expected: ['I3'],
    profile: 'copies',
    edits: [
      {
        file: PEER_MESSAGES,
        line: 'if (copy && this.#isWorthSending(copy, message))',
        becomes: "if (copy && copy.kind !== 'dead' && this.#isWorthSending(copy, message))",
      },
    ],
  },
]
