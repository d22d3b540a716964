import { withContext } from '../../../packages/ha/src/state/entry.js'
import { packState, unpackState } from '../../../packages/ha/src/state/packed-state.js'
import type { LiveState, SessionState } from '../../../packages/ha/src/state/session-state.js'
import { goldenKind } from '../golden-kind.js'
import { writer } from './members.js'

const A = writer(0x0a)
const B = writer(0xb0)

export const LIVE: LiveState = {
  kind: 'live',
  entries: [
    { name: '\u0000createdAt', actor: A, counter: 1, stamp: 1_000, value: Uint8Array.of(0xcb, 1, 2, 3) },
    { name: 'name', actor: B, counter: 2, stamp: 1_100, value: Buffer.from('\xa3tom', 'latin1') },
    { name: 'removed', actor: A, counter: 3, stamp: 1_200, value: undefined },
  ].map(plainValue),
  vector: [
    { actor: A, counter: 3 },
    { actor: B, counter: 2 },
  ],
  needed: [],
}
const OF_ONE: LiveState = {
  kind: 'live',
  entries: [plainValue({ name: 'x', actor: A, counter: 1, stamp: 1, value: Uint8Array.of(1) })],
  vector: [{ actor: A, counter: 1 }],
  needed: [],
}
const WITH_GAPS: LiveState = { ...LIVE, needed: [{ actor: writer(0xc0), counter: 9 }] }
const OVER_GAPS: LiveState = {
  ...WITH_GAPS,
  entries: LIVE.entries.map(entry =>
    entry.name === 'name' ? withContext(entry, [{ actor: writer(0xc0), counter: 9 }]) : entry,
  ),
}

const samples: (readonly [string, SessionState])[] = [
  ['live, empty', { kind: 'live', entries: [], vector: [], needed: [] }],
  ['live, of one writer', OF_ONE],
  ['live, of two writers', LIVE],
  ['live, merged attribute of two writers', merged()],
  ['live, with gaps', WITH_GAPS],
  ['live, written over gaps', OVER_GAPS],
  ['live, removals forgotten', { ...LIVE, floor: 1_050 }],
  ['live, written over gaps, removals forgotten', { ...OVER_GAPS, floor: 2 ** 50 }],
  ['dead, invalidated', { kind: 'dead', reason: 'invalidated', stamp: 2_000 }],
  ['dead, renamed', { kind: 'dead', reason: 'renamed', stamp: 2_001 }],
  [
    'dead, shutdown, its creation known',
    { kind: 'dead', reason: 'shutdown', stamp: 1, creation: { actor: A, stamp: 5 } },
  ],
  [
    'dead, invalidated, adopted from two writers',
    { kind: 'dead', reason: 'invalidated', stamp: 9, adopted: { actors: [A.slice(0, 8), B.slice(0, 8)], stamp: 5 } },
  ],
]

export const states = goldenKind<SessionState>({
  name: 'states',
  refusals: ['TRIBES_MALFORMED'],
  samples,
  encode: packState,
  decode: unpackState,
})

function merged(): LiveState {
  const entry = (actor: string, byte: number) =>
    plainValue({ name: '\u0001hits', actor, counter: 1, stamp: byte, value: Uint8Array.of(byte) })
  return {
    kind: 'live',
    entries: [entry(A, 1), entry(B, 2)],
    vector: [A, B].map(actor => ({ actor, counter: 1 })),
    needed: [],
  }
}

function plainValue<T extends { value: Uint8Array | undefined }>(entry: T): T {
  return { ...entry, value: entry.value && Uint8Array.from(entry.value) }
}
