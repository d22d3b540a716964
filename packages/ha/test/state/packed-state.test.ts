import { MalformedError } from '@clowder/tribes'
import fc from 'fast-check'
import t from 'tap'
import { packedKind, packedValue, packState, unpackState } from '../../src/state/packed-state.js'
import {
  commitTo,
  emptyState,
  floorOf,
  forgiven,
  joinDelta,
  type SessionState,
  withFloor,
  withoutWriters,
} from '../../src/state/session-state.js'
import { stateHash } from '../../src/state/state-hash.js'
import { Dice } from '../support/dice.js'
import { randomHistory } from '../support/session-histories.js'

const state: fc.Arbitrary<SessionState> = fc
  .tuple(fc.nat(), fc.constantFrom(0, 0.05), fc.constantFrom(0, 0.1))
  .map(([seed, deaths, forgetting]) => {
    const { states } = randomHistory({ seed, deaths, forgetting })
    return new Dice(seed).pick(states)
  })

t.test('a state survives packing, and its bytes are canonical', async t => {
  fc.assert(
    fc.property(state, state => {
      const bytes = packState(state)
      const back = unpackState(bytes)
      return (
        packState(back).equals(bytes) &&
        packedKind(bytes[0]!) === state.kind &&
        JSON.stringify(back) === JSON.stringify(plain(state))
      )
    }),
    { numRuns: 500 },
  )
  t.pass()
})

t.test('the value of one entry is found in the bytes as it is in the state', async t => {
  fc.assert(
    fc.property(state, state => {
      const bytes = packState(state)
      const entries = state.kind === 'live' ? state.entries : []
      const names = [...entries.map(e => e.name), '', '\u0000createdAt', 'nobody', '\uffff']
      return names.every(name => {
        const value = entries.find(e => e.name === name)?.value
        const found = packedValue(bytes, name)
        return value && found ? Buffer.from(value).equals(found) : value === found
      })
    }),
    { numRuns: 300 },
  )
  t.pass()
})

t.test('equal bytes and equal hashes say the same, but for what is only needed', async t => {
  const contents = (s: SessionState) => packState(s.kind === 'live' ? { ...s, needed: [] } : s).toString('hex')
  fc.assert(
    fc.property(fc.nat(), fc.boolean(), (seed, mayFold) => {
      const states = statesOf(seed, mayFold)
      const byHash = new Map<string, string>()
      return (
        states.every(s => {
          const hash = JSON.stringify(stateHash('id', s))
          const known = byHash.get(hash) ?? contents(s)
          byHash.set(hash, known)
          return known === contents(s)
        }) && new Set(states.map(contents)).size === byHash.size
      )
    }),
    { numRuns: 500 },
  )
  t.pass()
})

/** `mayFold`: there are copies that have given up their gaps, and copies without some writers' names, among them. */
function statesOf(seed: number, mayFold: boolean): readonly SessionState[] {
  const { states, replicas } = randomHistory({ seed, steps: 40, deaths: 0.02, forgetting: 0.05 })
  if (!mayFold) return states
  const isGone = (actor: string) => actor === replicas[0]!.actor
  const given = states.map(s => (s.kind === 'live' ? forgiven(s) : s))
  return [...given, ...given.map(s => (s.kind === 'live' ? withoutWriters(s, isGone) : s))]
}

t.test('two nodes whose first commits carry one stamp have different hashes', async t => {
  // The second commit of each, without the first: vectors stay empty, so that only the entries' writers differ.
  const [a, b] = ['a', 'b'].map(name => {
    const first = commitTo(emptyState, name.repeat(16), 1, new Map([['y', Buffer.from('1')]]))
    const second = commitTo(first.state, name.repeat(16), 2, new Map([['x', Buffer.from(name)]]))
    return joinDelta(emptyState, second.delta).state
  })
  t.notSame(stateHash('id', a!), stateHash('id', b!))
})

t.test('the packed form of one state keeps no other bytes alive', async t => {
  const { state } = commitTo(emptyState, 'a'.repeat(16), 1, new Map([['x', Buffer.from('small')]]))
  const large = Buffer.concat([packState(state), Buffer.alloc(1 << 20)]).subarray(0, packState(state).length)
  const back = unpackState(large)
  t.equal(back.kind === 'live' && back.entries[0]!.value!.buffer.byteLength, 5)
})

t.test('malformed bytes are refused', async t => {
  const good = packState(
    commitTo(
      emptyState,
      'a'.repeat(16),
      1,
      new Map([
        ['x', Buffer.from('1')],
        ['y', undefined],
      ]),
    ).state,
  )
  const cases: [string, Buffer][] = [
    ['unknown kind', Buffer.from([9])],
    ['nothing that was forgotten', Buffer.concat([Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, 0]), good])],
    ['a stamp of what is forgotten, twice', Buffer.concat([floor(1), floor(2), good])],
    ['unknown reason', Buffer.from([1, 9, 0, 0, 0, 0, 0, 0, 0, 1])],
    ['a count of 2^49', Buffer.from([0, 255, 255, 255, 255, 255, 255, 255, 1])],
    ['bytes after the end', Buffer.concat([good, Buffer.from([0])])],
    ['a stamp past all time', Buffer.from([1, 0, 0, 0x1f, 255, 255, 255, 255, 255, 255])],
    ['entries out of order', swapped(good, 'x', 'z')],
    ['a text that grows past the limit', longName()],
    ['a text that would be other bytes when it is sent on', replaced(good, [1, 0x78], [1, 0xff])],
    ['the beginning of a character that is not there', replaced(good, [1, 0x78], [3, 0xf0, 0x9f, 0x98])],
    ['a count in more bytes than it needs', replaced(good, [0, 1, 0x61], [0, 0x81, 0, 0x61])],
    ['a writer of whom nothing is said', withIdleWriter(good)],
  ]
  for (const [what, bytes] of cases) t.throws(() => unpackState(bytes), MalformedError, what)
})

function plain(state: SessionState): SessionState {
  return state.kind === 'dead' ? { kind: 'dead', reason: state.reason, stamp: state.stamp } : readable(state)
}

/** With values as Uint8Array, as they come back. */
function readable(state: Extract<SessionState, { kind: 'live' }>): SessionState {
  const entries = state.entries.map(({ name, actor, counter, stamp, value }) => ({
    name,
    actor,
    counter,
    stamp,
    value: value && new Uint8Array(value),
  }))
  return withFloor({ kind: 'live', entries, vector: state.vector, needed: state.needed }, floorOf(state))
}

function swapped(bytes: Buffer, from: string, to: string): Buffer {
  const copy = Buffer.from(bytes)
  copy[copy.indexOf(`\u0001${from}`) + 1] = to.charCodeAt(0)
  return copy
}

/** With the first such bytes exchanged for others. */
function replaced(bytes: Buffer, from: readonly number[], to: readonly number[]): Buffer {
  const at = bytes.indexOf(Buffer.from(from))
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(to), bytes.subarray(at + from.length)])
}

/** With a second writer, who has made nothing and of whom nothing is needed. */
function withIdleWriter(bytes: Buffer): Buffer {
  const first = bytes.subarray(2, 20)
  return Buffer.concat([Buffer.from([0, 2]), first, Buffer.alloc(16, 0x62), Buffer.from([0, 0]), bytes.subarray(20)])
}

/** 256 bytes that are not UTF-8: as text they would be 768. */
function longName(): Buffer {
  const actor = Buffer.alloc(16, 0x61)
  return Buffer.concat([
    Buffer.from([0, 1]),
    actor,
    Buffer.from([1, 0, 1, 0x80, 2]),
    Buffer.alloc(256, 0xff),
    Buffer.from([0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0]),
  ])
}

function floor(stamp: number): Buffer {
  return Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, stamp])
}

t.test('a state of more writers, or with a longer name, than there may be is malformed', async t => {
  const actors = Array.from({ length: 4_097 }, (_, i) => String(i).padStart(16, '0'))
  const of = (count: number) =>
    packState({ ...emptyState, vector: actors.slice(0, count).map(actor => ({ actor, counter: 1 })) })
  t.ok(unpackState(of(4_096)))
  t.throws(() => unpackState(of(4_097)), MalformedError)
  const named = (name: string) => commitTo(emptyState, actors[0]!, 1, new Map([[name, Uint8Array.of(1)]])).state
  t.ok(unpackState(packState(named('n'.repeat(256)))))
  t.throws(() => unpackState(packState(named('n'.repeat(257)))), MalformedError)
})
