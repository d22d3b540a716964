import type { Mutant } from './mutant.js'

const DETECTOR = 'tribes/interceptors/tcp-failure-detector.js'
const COORDINATOR = 'tribes/group/channel-coordinator.js'

/** Bugs in who is here, and in how a message reaches them. */
export const groupMutants: readonly Mutant[] = [
  {
    name: 'incarnation-reused',
    breaks: 'A process that starts again has the incarnation that it had before.',
    expected: ['I2', 'I1', 'I5', 'I8'],
    isQuick: true,
    edits: [
      {
        file: 'tribes/group/channel-run.js',
        line: 'const uniqueId = newUniqueId(random)',
        becomes:
          "const uniqueId = new Uint8Array(Buffer.from((options.name ?? 'nameless').padEnd(16, '.').slice(0, 16)))",
      },
    ],
  },
  {
    name: 'clone-keeps-incarnation',
    breaks: 'Of two processes with one incarnation (a cloned machine) neither takes a new one.',
    expected: ['I1', 'I2', 'I5', 'I8'],
    profile: 'clones',
    edits: [
      {
        file: COORDINATOR,
        after: 'incarnationTaken() {',
        line: 'if (this.#run?.local)',
        becomes: 'if (false)',
      },
    ],
  },
  {
    name: 'twins-write-alike',
    breaks: 'Two processes with one incarnation write under one name, to sessions that both of them have.',
    expected: ['I2', 'I5', 'I6', 'I1'],
    profile: 'clones',
    edits: [
      {
        file: 'ha/manager/peers.js',
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a line of the built file
        line: 'return textHash(`${host}:${port}`) >>> (32 - USUAL_ALIAS_BITS)',
        becomes: 'return 0',
      },
    ],
  },
  {
    name: 'suspect-excluded',
    breaks: 'A suspected member is excluded without being asked.',
    expected: ['I8'],
    profile: 'datagrams',
    edits: [
      {
        file: DETECTOR,
        after: 'memberSuspected(member, suspicion) {',
        line: 'this.#verifySuspect(watched, suspicion)',
        becomes: 'this.#confirmedDead(watched, new Error(suspicion))',
      },
    ],
  },
  {
    name: 'refutation-ignored',
    breaks: 'A suspected member that answers is excluded all the same.',
    expected: ['I8'],
    profile: 'datagrams',
    edits: [
      {
        file: DETECTOR,
        line: 'return this.#refuted(watched)',
        becomes: "return this.#confirmedDead(watched, new Error('suspected'))",
      },
    ],
  },
  {
    name: 'dead-stay-members',
    breaks: 'A member that does not answer stays a member.',
    expected: ['I8', 'I11'],
    profile: 'churn',
    edits: [
      { file: DETECTOR, line: 'else if (isProof(cause))', becomes: 'else if (false)' },
      {
        file: DETECTOR,
        line: "else if (suspicion === 'lost' || suspicion === 'unreachable')",
        becomes: 'else if (false)',
      },
    ],
  },
  {
    name: 'connections-no-life',
    breaks: 'Bytes on a connection are no sign of life, nor is an answer to a question.',
    expected: ['I8'],
    profile: 'datagrams',
    edits: [
      {
        file: COORDINATOR,
        line: 'if (!this.#run?.membership.touch(member.id, this.#nowMs()))',
        becomes: 'if (!this.#run?.membership.get(member.id))',
      },
      {
        file: COORDINATOR,
        after: 'await run.sender.ask(member, timeouts)',
        line: 'run.membership.touch(member.id, this.#nowMs())',
        becomes: 'void 0',
      },
    ],
  },
  {
    name: 'own-stall-unnoticed',
    breaks: 'A process that stood still accuses the others of having been silent.',
    expected: ['I8'],
    profile: 'churn',
    edits: [
      {
        file: 'tribes/membership/local-health.js',
        line: 'if (lateMs < LATE_BEATS * this.#frequencyMs)',
        becomes: 'if (true)',
      },
    ],
  },
  {
    name: 'unreachable-stay',
    breaks: 'A member whose heartbeats are heard stays one, however long no byte comes from it over TCP.',
    expected: ['I8'],
    profile: 'partition',
    edits: [
      {
        file: 'tribes/membership/liveness.js',
        line: 'if (nowMs - askedAtMs >= timeouts.unreachableMs)',
        becomes: 'if (false)',
      },
    ],
  },
  {
    name: 'two-connections',
    breaks: 'A second connection with a member is accepted beside the first.',
    expected: ['I9'],
    edits: [
      {
        file: 'tribes/transport/admission.js',
        line: "return refused('duplicate', 'there is a connection already')",
        becomes: "return { is: 'welcome' }",
      },
      {
        file: 'tribes/transport/admission.js',
        line: "? refused('duplicate', 'a dial in the other direction is on its way')",
        becomes: "? { is: 'welcome' }",
      },
    ],
  },
  {
    name: 'lost-on-reconnect',
    breaks: 'What was on its way when a connection broke counts as delivered.',
    expected: ['I2'],
    profile: 'partition',
    edits: [
      {
        file: 'tribes/transport/outbox.js',
        line: 'this.#markQueued(entry)',
        becomes: 'this.#accept(entry); continue',
      },
    ],
  },
  {
    name: 'latest-comes-twice',
    breaks: 'The latest message before a connection broke is delivered a second time when it is sent again.',
    expected: ['I10'],
    profile: 'partition',
    edits: [
      {
        file: 'tribes/transport/inbox.js',
        line: 'if (frame.number <= this.#highest)',
        becomes: 'if (frame.number < this.#highest)',
      },
    ],
  },
  {
    name: 'queue-reversed',
    breaks: 'What is written in one turn leaves in reverse order.',
    expected: ['I2', 'I5'],
    profile: 'partition',
    edits: [{ file: 'tribes/transport/outbox.js', line: 'batch.push(entry)', becomes: 'batch.unshift(entry)' }],
  },
  {
    name: 'queue-unbounded',
    breaks: 'What waits for a member that does not read grows without bound.',
    expected: ['I9'],
    profile: 'queues',
    edits: [
      {
        file: 'tribes/transport/outlet.js',
        line: 'if (waitingBytes === 0 || waitingBytes + costBytes(message.body.length) <= this.#options.maxQueueBytes)',
        becomes: 'if (true)',
      },
    ],
  },
  {
    name: 'never-caught-up',
    breaks: 'A member that could not keep up is refused messages for ever.',
    expected: ['I2', 'I1', 'I11'],
    profile: 'queues',
    edits: [
      {
        file: 'tribes/transport/outlet.js',
        after: '#emptied() {',
        line: 'this.#behind = undefined',
        becomes: 'return',
      },
    ],
  },
  {
    name: 'sent-is-not-counted',
    breaks: 'What is on its way to a member is not counted, and what it acknowledges is taken off all the same.',
    expected: ['I9'],
    edits: [
      {
        file: 'tribes/transport/outbox.js',
        after: "entry.state = 'sent'",
        line: 'this.#sentBytes += costBytes(entry.body.length)',
        becomes: 'void 0',
      },
    ],
  },
  {
    name: 'dispatched-for-ever',
    breaks: 'What has left counts as waiting to be dispatched, until nothing more has room.',
    expected: ['I9'],
    profile: 'queues',
    edits: [
      {
        file: 'tribes/interceptors/message-dispatch-interceptor.js',
        line: 'this.#queuedBytes -= bytes',
        becomes: 'void 0',
      },
    ],
  },
  {
    name: 'dials-without-pace',
    breaks: 'A member is dialled as often as somebody wants it.',
    expected: ['I10'],
    profile: 'partition',
    edits: [{ file: 'tribes/transport/dial-pace.js', line: 'if (this.#left < 1)', becomes: 'if (false)' }],
  },
  {
    name: 'stranger-listened-to',
    breaks: 'Heartbeats and connections of a cluster with another name are accepted.',
    expected: ['I12', 'I8'],
    profile: 'strangers',
    edits: [
      { file: 'tribes/transport/admission.js', line: 'if (hello.clusterName !== clusterName)', becomes: 'if (false)' },
      {
        file: 'tribes/membership/mcast-service.js',
        line: 'if (datagram.clusterName !== this.#settings.clusterName)',
        becomes: 'if (false)',
      },
    ],
  },
  {
    name: 'refusal-is-no-proof',
    breaks: 'A machine that says that nobody listens there is no reason to take its process for gone.',
    expected: ['I8'],
    profile: 'churn',
    edits: [
      {
        file: 'tribes/interceptors/tcp-failure-detector.js',
        line: "return someCause(error, cause => cause.code === 'ECONNREFUSED' || PROVING_REASONS.has(refusalOf(cause)))",
        becomes: 'return false',
      },
    ],
  },
  {
    name: 'expelled-unheard',
    breaks: 'A member that says that it has dropped this one is given as much time as ever.',
    expected: ['I8'],
    profile: 'partition',
    edits: [
      {
        file: 'tribes/membership/membership.js',
        after: 'expelledUs(id, nowMs) {',
        line: 'if (entry)',
        becomes: 'if (false)',
      },
    ],
  },
  {
    name: 'question-stays-open',
    breaks: 'Bytes from a member do not answer the question whether it is there.',
    expected: ['I8'],
    profile: 'datagrams',
    edits: [{ file: 'tribes/membership/membership.js', line: 'entry.askedAtMs = undefined', becomes: 'void 0' }],
  },
]
