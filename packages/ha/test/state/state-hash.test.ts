import t from 'tap'
import type { DeadState } from '../../src/state/death.js'
import type { Entry } from '../../src/state/entry.js'
import type { LiveState, SessionState } from '../../src/state/session-state.js'
import { stateHash, textHash, textHashFrom } from '../../src/state/state-hash.js'

const [ANN, BOB] = ['ann', 'bob'].map(name => name.padEnd(16, '.')) as [string, string]
const FAR = 3 * 0x1_0000_0000

const seenBy = (actor: string, counter: number) => [{ actor, alias: 0, counter }]
const entry: Entry = { name: 'x', actor: ANN, counter: 1, stamp: 7, value: Buffer.from('1') }
const live: LiveState = { kind: 'live', entries: [entry], vector: seenBy(ANN, 1), needed: [] }
const dead: DeadState = { kind: 'dead', reason: 'invalidated', stamp: 7 }
const withEntry = (changed: Partial<Entry>): LiveState => ({ ...live, entries: [{ ...entry, ...changed }] })

const STATES: Record<string, SessionState> = {
  live,
  'without entries': { ...live, entries: [] },
  'another counter seen': { ...live, vector: seenBy(ANN, 2) },
  'another writer seen': { ...live, vector: seenBy(BOB, 1) },
  'two writers seen': { ...live, vector: [...seenBy(ANN, 1), ...seenBy(BOB, 1)] },
  'a removal forgotten': { ...live, floor: 5 },
  'another removal forgotten': { ...live, floor: 6 },
  'another name': withEntry({ name: 'y' }),
  'another writer': withEntry({ actor: BOB }),
  'another commit': withEntry({ counter: 2 }),
  'another stamp': withEntry({ stamp: 8 }),
  'a stamp that differs beyond 32 bits': withEntry({ stamp: 7 + FAR }),
  'a writer that had seen more': withEntry({ context: seenBy(BOB, 1) }),
  'a writer that had seen more than that': withEntry({ context: seenBy(BOB, 2) }),
  'a writer that had seen another': withEntry({ context: seenBy('eve'.padEnd(16, '.'), 1) }),
  dead,
  'ended for another reason': { ...dead, reason: 'shutdown' },
  'ended at another time': { ...dead, stamp: 8 },
  'with its beginning': { ...dead, creation: { actor: ANN, stamp: 3 } },
  'with another creator': { ...dead, creation: { actor: BOB, stamp: 3 } },
  'with another beginning': { ...dead, creation: { actor: ANN, stamp: 4 } },
  adopted: { ...dead, adopted: { actors: [ANN], stamp: 2 } },
  'adopted from two': { ...dead, adopted: { actors: [ANN, BOB], stamp: 2 } },
  'adopted later': { ...dead, adopted: { actors: [ANN], stamp: 1 } },
}

t.test('whatever differs in two copies shows in both halves of the hash', async t => {
  const hashes = Object.entries(STATES).map(([what, state]) => ({ what, ...stateHash('s', state) }))
  for (const half of ['high', 'low'] as const) {
    const same = hashes.filter(a => hashes.some(b => a !== b && a[half] === b[half])).map(({ what }) => what)
    t.strictSame(same, [], half)
  }
  const other = stateHash('r', live)
  t.not(other.high, stateHash('s', live).high)
  t.not(other.low, stateHash('s', live).low)
})

t.test('what a writer had seen counts only where the copy itself has not', async t => {
  t.strictSame(stateHash('s', withEntry({ context: seenBy(ANN, 1) })), stateHash('s', live))
})

t.test('the hash of a text is the same from any beginning of it', async t => {
  const text = 'Manager[default]#tf5wYyHbhS3CKz0c'
  for (let at = 0; at <= text.length; at++) t.equal(textHashFrom(text.slice(0, at))(text.slice(at)), textHash(text))
})
