import type { Mutant } from './mutant.js'

const EXPIRY = 'ha/manager/expiry.js'
const ACCESS_TIMES = 'ha/manager/access-times.js'

/** Bugs in when a session ends by itself, and who says so. */
export const expiryMutants: readonly Mutant[] = [
  {
    name: 'expiry-unasked',
    breaks:
      'A session past its limit is dropped without asking who has seen it used, and who comes back is not told of uses.',
    expected: ['I7', 'I2'],
    profile: 'readers',
    edits: [
      {
        file: EXPIRY,
        line: 'if (knownMs < idleMs)',
        becomes: 'if (false)',
      },
      // Alone it is made up for: where a use was not heard of, there was a cut.
      {
        file: 'ha/manager/access-times.js',
        line: 'const sinceMs = goneAtMs - UNHEARD_MS',
        becomes: 'const sinceMs = Number.POSITIVE_INFINITY',
      },
    ],
  },
  {
    name: 'expires-early',
    breaks: 'A session is dropped after half its idle limit.',
    expected: ['I7', 'I2'],
    profile: 'expiry',
    edits: [
      {
        file: EXPIRY,
        line: 'const overMs = copy.idleMs(nowMs) - copy.idleLimitMs',
        becomes: 'const overMs = copy.idleMs(nowMs) - copy.idleLimitMs / 2',
      },
    ],
  },
  {
    name: 'never-expires',
    breaks: 'The idle time of a session begins anew whenever its state is sent or asked about.',
    expected: ['I9'],
    profile: 'expiry',
    edits: [
      {
        file: EXPIRY,
        line: 'doubtful.push(copy)',
        becomes: 'doubtful.push(copy); copy.accessedAtMs = nowMs',
      },
    ],
  },
  {
    name: 'touch-untold',
    breaks: 'The other nodes are not told when a session is used.',
    expected: ['I7', 'I2'],
    profile: 'restarts',
    edits: [
      {
        file: ACCESS_TIMES,
        line: "peers.send(to, { type: 'TOUCH', accesses: due.slice(i, i + MAX_PER_MESSAGE) }, 'asynchronous')",
        becomes: 'void 0',
      },
    ],
  },
  {
    name: 'untold-at-stop',
    breaks: 'A node that stops does not tell when its sessions were last used, nor has it told before.',
    expected: ['I7', 'I2'],
    profile: 'restarts',
    edits: [
      { file: 'ha/manager/delta-manager.js', line: 'this.#parts.accessTimes.tell(true)', becomes: 'void 0' },
      { file: 'ha/manager/housekeeping.js', line: 'parts.accessTimes.tell()', becomes: 'void 0' },
    ],
  },
  {
    name: 'use-set-back',
    breaks: 'A state that arrives sets the time of the last use back to when its sender had last heard of one.',
    expected: ['I7', 'I5'],
    profile: 'readers',
    edits: [
      {
        file: 'ha/manager/session-replicas.js',
        line: 'const stored = this.#store(sent.id, joined, false, Math.max(lastMs, accessedAtMs));',
        becomes: 'const stored = this.#store(sent.id, joined, false, accessedAtMs);',
      },
    ],
  },
  {
    name: 'touch-resurrects',
    breaks: 'Word of a use brings a session back that has ended.',
    expected: ['I3', 'I1'],
    profile: 'races',
    edits: [
      {
        file: ACCESS_TIMES,
        line: "if (copy?.kind !== 'live')",
        becomes:
          "if (copy?.kind === 'dead') this.#components.replicas.table.put(access.id, { kind: 'live', entries: [], vector: [], needed: [] }, this.#components.clock.now()); if (copy?.kind !== 'live')",
      },
    ],
  },
  {
    name: 'everybody-tells-expiry',
    breaks: 'Every node tells its application of an expiry as if it were the one to tell.',
    expected: ['I7'],
    profile: 'expiry',
    edits: [
      {
        file: EXPIRY,
        line: 'return peers.members().every((m) => lacks(m.id) || textHash(id + m.id) < own)',
        becomes: 'return true',
      },
    ],
  },
  {
    name: 'nobody-tells-expiry',
    breaks: 'No node is the one to tell of an expiry.',
    expected: ['I7'],
    profile: 'expiry',
    edits: [
      {
        file: EXPIRY,
        line: 'return peers.members().every((m) => lacks(m.id) || textHash(id + m.id) < own)',
        becomes: 'return false',
      },
    ],
  },
  {
    name: 'idle-not-sent',
    breaks: 'A session that is sent in a comparison counts as used at that moment.',
    expected: ['I9'],
    profile: 'restarts',
    edits: [
      {
        file: 'ha/manager/state-stream.js',
        line: 'const idleMs = Math.floor(copy.idleMs(this.#components.clock.now()))',
        becomes: 'const idleMs = 0',
      },
    ],
  },
]
