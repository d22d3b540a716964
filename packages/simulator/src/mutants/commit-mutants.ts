import type { Mutant } from './mutant.js'

const REPLICAS = 'ha/manager/session-replicas.js'
const COMMITS = 'ha/manager/local-commits.js'
const ACKNOWLEDGEMENTS = 'ha/manager/acknowledgements.js'

/** Bugs between a request's commit and the answer that acknowledges it. */
export const commitMutants: readonly Mutant[] = [
  {
    name: 'ack-before-apply',
    breaks: 'A member acknowledges a commit and applies it a tenth of a second later.',
    expected: ['I2', 'I5', 'I3'],
    isQuick: true,
    edits: [
      {
        file: 'ha/manager/delta-manager.js',
        line: 'this.#parts.peerMessages.messageReceived(decodeMessage(body, actorOf(source)), source)',
        becomes:
          'const held = decodeMessage(Buffer.from(body), actorOf(source)); this.#components.clock.setTimer(100, () => this.#parts.peerMessages.messageReceived(held, source))',
      },
    ],
  },
  {
    name: 'written-counts-as-held',
    breaks: 'A commit counts as held when it has been written to the connection.',
    expected: ['I2'],
    edits: [
      {
        file: COMMITS,
        line: "peers.send(members, message, pending ? 'synchronized-ack' : 'asynchronous', pending)",
        becomes: "peers.send(members, message, 'asynchronous', pending)",
      },
    ],
  },
  {
    name: 'received-counts-as-held',
    breaks: 'A failed delivery counts as an acknowledgement.',
    expected: ['I2'],
    edits: [
      {
        file: ACKNOWLEDGEMENTS,
        after: 'memberFailed({ member }) {',
        line: 'this.#settleIfAllAnswered()',
        becomes: "this.#settle('held')",
      },
    ],
  },
  {
    name: 'own-ack-counts',
    breaks: 'The writer counts itself among those who hold its commit.',
    expected: ['I2'],
    isQuick: true,
    edits: [
      {
        file: ACKNOWLEDGEMENTS,
        line: 'this.#deadlines.add(pending)',
        becomes: 'pending.memberAccepted(members[0])',
      },
    ],
  },
  {
    name: 'deadline-counts-as-held',
    breaks: 'A commit that nobody has acknowledged in time counts as held.',
    expected: ['I2'],
    edits: [{ file: ACKNOWLEDGEMENTS, line: "this.#settle('degraded')", becomes: "this.#settle('held')" }],
  },
  {
    name: 'lagging-for-ever',
    breaks: 'A member that missed a deadline is never waited for again.',
    expected: ['I2', 'I9', 'I11'],
    profile: 'datagrams',
    edits: [
      {
        file: 'ha/manager/lagging-members.js',
        after: 'heard(member) {',
        line: 'this.#late.delete(member.id)',
        becomes: 'void 0',
      },
    ],
  },
  {
    name: 'regen-in-two',
    breaks: 'A change of id travels in two frames: first the death of the old, then the new.',
    expected: ['I2', 'I5'],
    edits: [
      {
        file: COMMITS,
        line: "return this.#send({ type: 'REGEN', oldId, death, id: copy.id, delta }, level, refused)",
        becomes:
          "this.#send({ type: 'DEATH', id: oldId, death }, 'async', []); return this.#send({ type: 'DELTA', id: copy.id, delta }, level, refused)",
      },
    ],
  },
  {
    name: 'old-id-lives',
    breaks: 'The old id of a session goes on living after a change of id.',
    expected: ['I3'],
    edits: [
      {
        file: 'ha/manager/peer-messages.js',
        line: 'const isNews = this.#deathReceived(message.oldId, message.death, source)',
        becomes: 'const isNews = true',
      },
    ],
  },
  {
    name: 'no-certificates',
    breaks: 'A session that has ended is forgotten at once: no death certificate is kept.',
    expected: ['I3', 'I1'],
    isQuick: true,
    edits: [
      {
        file: REPLICAS,
        line: 'this.changed(copy)',
        becomes: "this.changed(copy); if (joined.state.kind === 'dead') this.table.remove(copy)",
      },
    ],
  },
  {
    name: 'unknown-death-ignored',
    breaks: 'The death of a session that is not known here is ignored; its commits may arrive later.',
    expected: ['I3', 'I1'],
    profile: 'races',
    edits: [
      {
        file: REPLICAS,
        line: "const wasDead = before?.kind === 'dead'",
        becomes: "if (!before) return false; const wasDead = before.kind === 'dead'",
      },
    ],
  },
  {
    name: 'destroyed-told-again',
    breaks: 'Listeners are told of the end of a session each time that somebody says so.',
    expected: ['I7'],
    isQuick: true,
    edits: [
      {
        file: 'ha/manager/announcements.js',
        line: "if (before?.kind !== 'live' || !(local || creationOf(before)))",
        becomes: 'if (before === undefined)',
      },
    ],
  },
  {
    name: 'reads-are-writes',
    breaks: 'A request writes back every attribute that it has read.',
    expected: ['I2', 'I6', 'I5'],
    isQuick: true,
    edits: [
      {
        file: 'ha/session/working-attribute.js',
        line: 'if (!attribute.written && !isMutable(attribute.value))',
        becomes: 'return codec.encode(attribute.value); if (false)',
      },
    ],
  },
  {
    name: 'delta-not-applied',
    breaks: 'Every eighth commit of a writer is acknowledged without being applied.',
    expected: ['I2', 'I5'],
    edits: [
      {
        file: REPLICAS,
        line: 'this.hybridClock.observe(delta.entries[0]?.stamp ?? 0)',
        becomes: 'if (delta.counter % 8 === 0 && this.table.get(id)) return this.table.get(id)',
      },
    ],
  },
  {
    name: 'loss-here-untold',
    breaks: 'Of two requests on one node that write one attribute, nobody is told of the one that loses.',
    expected: ['I6'],
    profile: 'races',
    edits: [
      {
        file: COMMITS,
        line: 'const overwritten = overwrittenUnseen(session, base, delta)',
        becomes: 'const overwritten = []',
      },
    ],
  },
  {
    name: 'late-change-dropped',
    breaks: 'What a page changes when the head of its answer is out is not committed.',
    expected: ['I10'],
    edits: [
      {
        file: 'http/valve/session-exchange.js',
        line: 'if (this.#commitQuietly()?.changed)',
        becomes: 'if (false)',
      },
    ],
  },
  {
    name: 'gone-client-dropped',
    breaks: 'What a page changes whose client goes away before the answer is not committed.',
    expected: ['I10'],
    edits: [
      {
        file: 'http/valve/session-exchange.js',
        after: 'responseAborted() {',
        line: 'this.#commitQuietly()',
        becomes: 'void 0',
      },
    ],
  },
  {
    name: 'all-is-one',
    breaks: 'A commit that all are to acknowledge counts as held when the first one has.',
    expected: ['I10', 'I2'],
    edits: [{ file: ACKNOWLEDGEMENTS, line: "if (this.#level === 'backup')", becomes: 'if (true)' }],
  },
  {
    name: 'all-but-the-failed',
    breaks: 'A commit that all are to acknowledge counts as held although some have failed.',
    expected: ['I2', 'I10'],
    edits: [
      {
        file: ACKNOWLEDGEMENTS,
        line: "this.#settle(this.#level === 'all' && this.#failed === 0 ? 'held' : 'degraded')",
        becomes: "this.#settle(this.#level === 'all' ? 'held' : 'degraded')",
      },
    ],
  },
]
