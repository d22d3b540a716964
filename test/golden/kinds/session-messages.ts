import type { DeadState } from '../../../packages/ha/src/state/death.js'
import { withContext } from '../../../packages/ha/src/state/entry.js'
import { commitTo, type Delta, emptyState } from '../../../packages/ha/src/state/session-state.js'
import { textHash } from '../../../packages/ha/src/state/state-hash.js'
import type { Message } from '../../../packages/ha/src/wire/message.js'
import { decodeMessage, encodeMessage } from '../../../packages/ha/src/wire/message-codec.js'
import { goldenKind } from '../golden-kind.js'
import { writer } from './members.js'
import { LIVE } from './states.js'

const MANAGER = textHash('default')
/** Who says all this. */
const SENDER = writer(0x5e)
const ID = 'abcdefghijklmnopqrstuvwxyz012345'
const OTHER_ID = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ-_6789'

const values = new Map<string, Uint8Array | undefined>([
  ['gone', undefined],
  ['name', Uint8Array.of(0xa3, 0x74, 0x6f, 0x6d)],
])
const delta: Delta = commitTo(emptyState, SENDER, 5_000, values).delta
const later: Delta = commitTo(LIVE, SENDER, 6_000, values).delta
const partial: Delta = {
  ...later,
  entries: later.entries.map((entry, i) => (i === 0 ? withContext(entry, later.context.slice(1)) : entry)),
}
const knowing: Delta = {
  ...delta,
  entries: delta.entries.map((entry, i) => (i === 0 ? withContext(entry, later.context) : entry)),
}
const death: DeadState = { kind: 'dead', reason: 'renamed', stamp: 7_000, creation: { actor: SENDER, stamp: 4_000 } }
const hash = { high: 0x0123_4567, low: -2 }
const rows = [{ bucket: 1023, rows: [hash, { high: 0, low: 0 }] }]
const known = [{ actor: writer(0x0a), stamp: 9_000, since: 3_000 }]
const left = { stamp: 8_000, dots: [{ actor: writer(0x0a).slice(0, 8), counter: 3 }] }
const lock = { id: ID, number: 3, fence: 8_500 }

const samples: (readonly [string, Message])[] = [
  ['DELTA, a first commit', { type: 'DELTA', id: ID, delta }],
  ['DELTA', { type: 'DELTA', id: ID, delta: later }],
  ['DELTA, of one name less had been seen', { type: 'DELTA', id: ID, delta: partial }],
  ['DELTA, of one name more had been seen', { type: 'DELTA', id: ID, delta: knowing }],
  ['DEATH', { type: 'DEATH', id: ID, death }],
  ['REGEN', { type: 'REGEN', oldId: ID, death, id: OTHER_ID, delta }],
  [
    'STATE',
    {
      type: 'STATE',
      exchange: 7,
      states: [
        { id: ID, idleMs: 12, state: LIVE },
        { id: OTHER_ID, idleMs: 0, state: death },
      ],
    },
  ],
  ['PULL', { type: 'PULL', exchange: 2 ** 31, id: ID, idleMs: Number.MAX_SAFE_INTEGER, vector: LIVE.vector }],
  ['NOTHING', { type: 'NOTHING', exchange: 2 ** 31, isHere: true }],
  ['TOUCH', { type: 'TOUCH', accesses: [{ id: ID, idleMs: 300 }] }],
  ['EXPIRING', { type: 'EXPIRING', accesses: [{ id: ID, idleMs: 1_800_000 }] }],
  [
    'DIGEST',
    {
      type: 'DIGEST',
      exchange: 7,
      share: 1,
      shares: 4,
      isReady: true,
      asksWhoIsGone: false,
      view: 0xffff_ffff,
      root: hash,
    },
  ],
  ['BUCKETS', { type: 'BUCKETS', exchange: 7, buckets: [{ bucket: 5, hash }] }],
  ['LIST', { type: 'LIST', exchange: 7, isLast: true, lists: rows, known }],
  ['WANT', { type: 'WANT', exchange: 7, buckets: rows }],
  [
    'DONE',
    {
      type: 'DONE',
      exchange: 7,
      sent: 2,
      isReady: true,
      canTell: true,
      memory: { collected: 6_500, known },
      departures: [{ actor: writer(0xdd), goneMs: 60_000, hasLeft: false }],
    },
  ],
  ['LEAVING', { type: 'LEAVING', stamp: 8_800 }],
  ['EXPIRED', { type: 'EXPIRED', ids: [ID, OTHER_ID] }],
  ['LOCK', { type: 'LOCK', id: ID, number: 3, leaseMs: 10_000, patienceMs: 5_000, stamp: 8_400 }],
  ['GRANTED', { type: 'GRANTED', ...lock, renewal: 0, leaseMs: 10_000, waitedMs: 4, isCertain: true, left }],
  ['RENEW', { type: 'RENEW', ...lock, renewal: 1, leaseMs: 10_000, stamp: 8_600, isHeld: true }],
  ['UNLOCK', { type: 'UNLOCK', ...lock, stamp: 8_700, isCertain: false, left: { stamp: 0, dots: [] } }],
  ...(['notHome', 'full', 'lost'] as const).map(
    why => [`DENIED, ${why}`, { type: 'DENIED', id: ID, number: 3, why }] as const,
  ),
  ['WHOSE', { type: 'WHOSE', question: 9, view: 0xffff_fffe }],
  [
    'LOCKS',
    {
      type: 'LOCKS',
      question: 9,
      isLast: true,
      locks: [
        { ...lock, owner: writer(0x0a), leaseMs: 900, left },
        { ...lock, owner: '', leaseMs: 0, left },
      ],
      gone: [{ actor: writer(0xdd), goneMs: 2_000, hasLeft: true }],
    },
  ],
]

export const sessionMessages = goldenKind<Message>({
  name: 'session-messages',
  refusals: ['TRIBES_MALFORMED'],
  samples,
  encode: message => encodeMessage(MANAGER, message),
  decode: bytes => decodeMessage(bytes, SENDER),
})
