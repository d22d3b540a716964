import { ByteWriter, MalformedError } from '@clowder/tribes'
import fc from 'fast-check'
import t from 'tap'
import type { DeadState } from '../../src/state/death.js'
import { withContext } from '../../src/state/entry.js'
import { commitTo, emptyState, type LiveState, type SessionState } from '../../src/state/session-state.js'
import { emptyToken } from '../../src/state/version-token.js'
import type { Dot, VersionVector } from '../../src/state/version-vector.js'
import type { Message, MessageType } from '../../src/wire/message.js'
import { decodeMessage, encodeMessage, isKnownMessage, managerOf } from '../../src/wire/message-codec.js'
import { Dice } from '../support/dice.js'
import { randomLockMessage } from '../support/lock-messages.js'
import { randomHistory, randomValues } from '../support/session-histories.js'

const MANAGER = 0xfedc_ba98
const ACTOR = Buffer.from('0123456789abcdef').toString('latin1')
const DEATH: DeadState = { kind: 'dead', reason: 'renamed', stamp: 1 }
const TYPES: readonly MessageType[] = [
  'DELTA',
  'DEATH',
  'REGEN',
  'STATE',
  'PULL',
  'NOTHING',
  'TOUCH',
  'EXPIRING',
  'DIGEST',
  'BUCKETS',
  'LIST',
  'WANT',
  'DONE',
  'LEAVING',
  'EXPIRED',
  'LOCK',
  'GRANTED',
  'RENEW',
  'UNLOCK',
  'DENIED',
  'WHOSE',
  'LOCKS',
]

t.test('every message survives the wire', async t => {
  for (const type of TYPES) {
    for (let seed = 0; seed < 100; seed++) {
      const message = randomMessage(type, new Dice(seed))
      const bytes = encodeMessage(MANAGER, message)
      if (managerOf(bytes) !== MANAGER) t.fail(`${type}: seed ${seed}: the manager's name is lost`)
      const back = decodeMessage(bytes, ACTOR)
      if (JSON.stringify(back) !== JSON.stringify(message)) t.strictSame(back, message, `${type}: seed ${seed}`)
      if (!encodeMessage(MANAGER, back).equals(bytes)) t.fail(`${type}: seed ${seed}: other bytes the second time`)
    }
    t.pass(`${type}: 100 seeds`)
  }
})

/** What has been appended to these since they were first sent may be absent. */
const GROWN: readonly MessageType[] = ['DELTA', 'REGEN', 'LIST', 'DONE', 'LEAVING', 'RENEW', 'WHOSE', 'LOCKS']

t.test('cut at every byte, every message is malformed, but for one cut of those that have grown', async t => {
  for (const type of TYPES) {
    const bytes = encodeMessage(MANAGER, randomMessage(type, new Dice(7)))
    const understood: number[] = []
    for (let cut = 0; cut < bytes.length; cut++)
      if (outcomeOf(bytes.subarray(0, cut)) !== 'malformed') understood.push(cut)
    t.equal(understood.length, GROWN.includes(type) ? 1 : 0, `${type} cut at ${understood}`)
  }
})

t.test('what a newer version has appended is left out, and a type of its own is known to be unknown', async t => {
  for (const type of TYPES) {
    const bytes = encodeMessage(MANAGER, randomMessage(type, new Dice(7)))
    const longer = Buffer.concat([bytes, Buffer.from([0, 1, 2])])
    t.ok(encodeMessage(MANAGER, decodeMessage(longer, ACTOR)).equals(bytes), type)
    t.ok(isKnownMessage(longer))
  }
  const newer = Buffer.from([0x48, 0, 0, 0, 1, TYPES.length])
  t.notOk(isKnownMessage(newer))
  t.throws(() => decodeMessage(newer, ACTOR), MalformedError)
})

t.test('with any one byte changed, a message is malformed or another message', async t => {
  let read = 0
  let malformed = 0
  for (const type of TYPES) {
    for (const seed of [1, 2, 3]) {
      const bytes = encodeMessage(MANAGER, randomMessage(type, new Dice(seed)))
      for (let at = 0; at < bytes.length; at++) {
        for (const flip of [0x01, 0x80, 0xff, 0x7f]) {
          const changed = Buffer.from(bytes)
          changed[at]! ^= flip
          if (outcomeOf(changed) === 'malformed') malformed++
          else read++
        }
      }
    }
  }
  t.ok(read > 100 && malformed > 100, `${malformed} malformed, ${read} read`)
})

t.test('random bytes are malformed or a message', async t => {
  fc.assert(
    fc.property(fc.constantFrom(...TYPES.keys()), fc.uint8Array({ maxLength: 200 }), (code, tail) => {
      outcomeOf(Buffer.concat([Buffer.from([0x48, 0, 0, 0, 1, code]), tail]))
      return true
    }),
    { numRuns: 20_000 },
  )
  t.pass('20000 messages')
})

t.test('a count that cannot be is refused before anything is made for it, or is no count', async t => {
  const huge = [255, 255, 255, 255, 255, 255, 127]
  for (const code of TYPES.keys()) {
    for (let zeros = 0; zeros < 40; zeros++) {
      const bytes = Buffer.from([0x48, 0, 0, 0, 1, code, ...Array(zeros).fill(0), ...huge])
      if (outcomeOf(bytes) === 'read' && rewritten(bytes).length > bytes.length)
        t.fail(`${TYPES[code]} with a huge count at ${zeros}`)
    }
  }
  t.pass()
})

t.test('commits that nobody can have made are malformed', async t => {
  const { delta } = commitTo(emptyState, ACTOR, 1, new Map([['x', Buffer.from('1')]]))
  const knowing = withContext(delta.entries[0]!, [{ actor: 'b'.repeat(16), counter: 1 }])
  const cases: [string, Message][] = [
    ['numbered 0', { type: 'DELTA', id: 'i', delta: { ...delta, counter: 0 } }],
    ['its own past left out', { type: 'DELTA', id: 'i', delta: { ...delta, counter: 3 } }],
    [
      'its own future included',
      { type: 'DELTA', id: 'i', delta: { ...delta, context: [{ actor: ACTOR, counter: 5 }] } },
    ],
    [
      'a name of which neither less nor more was seen than of all',
      {
        type: 'DELTA',
        id: 'i',
        delta: { ...delta, context: [{ actor: 'c'.repeat(16), counter: 1 }], entries: [knowing] },
      },
    ],
    ['past all time', { type: 'DEATH', id: 'i', death: { ...DEATH, stamp: Number.MAX_SAFE_INTEGER } }],
    ['the death of a living session', { type: 'DEATH', id: 'i', death: emptyState as never }],
    ['an id that is too long', { type: 'DEATH', id: 'i'.repeat(129), death: DEATH }],
  ]
  for (const [what, message] of cases)
    t.throws(() => decodeMessage(encodeMessage(1, message), ACTOR), MalformedError, what)
})

t.test('of a name more may have been seen than of all: behind what older members know', async t => {
  const { delta } = commitTo(emptyState, ACTOR, 1, new Map([['x', Buffer.from('1')]]))
  const [one, two] = ['b', 'c'].map(letter => ({ actor: letter.repeat(16), counter: 1 })) as [Dot, Dot]
  const encoded = (own?: VersionVector) => {
    const entries = delta.entries.map(entry => (own ? withContext(entry, own) : entry))
    return encodeMessage(1, { type: 'DELTA', id: 'i', delta: { ...delta, context: [one], entries } })
  }
  const contextIn = (bytes: Uint8Array) => {
    const message = decodeMessage(bytes, ACTOR)
    return message.type === 'DELTA' && message.delta.entries[0]?.context
  }
  const [more, less, older] = [encoded([one, two]), encoded([]), encoded().subarray(0, -1)]
  t.strictSame([more, less, older].map(contextIn), [[one, two], [], undefined])
  t.ok(more.subarray(0, older.length).equals(older))
  const said = more.subarray(older.length)
  const [both, same] = [
    [less.subarray(0, -1), said],
    [older, Buffer.of(1, 0, 0)],
  ].map(parts => Buffer.concat(parts))
  t.throws(() => decodeMessage(both!, ACTOR), MalformedError, 'not less and more')
  t.throws(() => decodeMessage(same!, ACTOR), MalformedError, 'nor what is less where more is said')
})

t.test('what a failed encoding left in the writer does not get into the next message', async t => {
  const out = new ByteWriter(16)
  const message: Message = { type: 'NOTHING', exchange: 5, isHere: true }
  t.throws(() => encodeMessage(1, { type: 'PULL', exchange: 1, id: undefined as never, idleMs: 0, vector: [] }, out))
  t.strictSame(encodeMessage(1, message, out), encodeMessage(1, message))
})

t.test('bytes of others are not ours', async t => {
  t.equal(managerOf(Buffer.from([0x49, 0, 0, 0, 1, 0])), undefined)
  t.equal(managerOf(Buffer.from([0x48, 0, 0, 0, 1])), undefined)
  t.equal(managerOf(Buffer.from([0x48, 255, 255, 255, 255, 0])), 0xffff_ffff)
})

/** Reading gives a message that can be written again, or a MalformedError; anything else is thrown on. */
function outcomeOf(bytes: Uint8Array): 'read' | 'malformed' {
  try {
    encodeMessage(MANAGER, decodeMessage(bytes, ACTOR))
    return 'read'
  } catch (error) {
    if (error instanceof MalformedError) return 'malformed'
    throw error
  }
}

function rewritten(bytes: Uint8Array): Uint8Array {
  return encodeMessage(MANAGER, decodeMessage(bytes, ACTOR))
}

function randomMessage(type: MessageType, dice: Dice): Message {
  const exchange = dice.below(2 ** 32)
  switch (type) {
    case 'DELTA':
      return { type, id: randomId(dice), delta: randomDelta(dice) }
    case 'DEATH':
      return { type, id: randomId(dice), death: randomDeath(dice) }
    case 'REGEN':
      return {
        type,
        oldId: randomId(dice),
        death: randomDeath(dice),
        id: randomId(dice),
        delta: randomDelta(dice),
      }
    case 'STATE':
      return {
        type,
        exchange,
        states: some(dice, () => ({ id: randomId(dice), idleMs: dice.below(1e9), state: randomState(dice) })),
      }
    case 'PULL':
      return {
        type,
        exchange,
        id: randomId(dice),
        idleMs: dice.below(1e9),
        vector: (randomState(dice) as LiveState).vector ?? [],
      }
    case 'NOTHING':
      return { type, exchange, isHere: dice.chance(0.5) }
    case 'TOUCH':
    case 'EXPIRING':
      return { type, accesses: some(dice, () => ({ id: randomId(dice), idleMs: dice.below(1e9) })) }
    case 'DIGEST': {
      const shares = dice.between(1, 5)
      const [isReady, asksWhoIsGone] = [dice.chance(0.5), dice.chance(0.5)]
      return {
        type,
        exchange,
        share: dice.below(shares),
        shares,
        isReady,
        asksWhoIsGone,
        view: dice.below(2 ** 32),
        root: randomHash(dice),
      }
    }
    case 'BUCKETS':
      return {
        type,
        exchange,
        buckets: inOrder(some(dice, () => ({ bucket: dice.below(1024), hash: randomHash(dice) }))),
      }
    case 'LIST':
      return {
        type,
        exchange,
        isLast: dice.chance(0.5),
        lists: inOrder(some(dice, () => randomRows(dice))),
        known: some(dice, () => ({ ...randomCreation(dice), since: dice.below(2 ** 50) })),
      }
    case 'WANT':
      return { type, exchange, buckets: inOrder(some(dice, () => randomRows(dice))) }
    case 'DONE':
      return {
        type,
        exchange,
        sent: dice.below(2 ** 40),
        isReady: dice.chance(0.5),
        canTell: dice.chance(0.5),
        memory: {
          collected: dice.below(2 ** 50),
          known: some(dice, () => ({ ...randomCreation(dice), since: dice.below(2 ** 50) })),
        },
        departures: some(dice, () => ({
          actor: actorOf(dice),
          goneMs: dice.below(2 ** 40),
          hasLeft: dice.chance(0.5),
        })),
      }
    case 'LEAVING':
      return { type, stamp: dice.below(2 ** 50) }
    case 'EXPIRED':
      return { type, ids: some(dice, () => randomId(dice)) }
    default:
      return randomLockMessage(type, dice)
  }
}

function randomCreation(dice: Dice) {
  return { actor: actorOf(dice), stamp: dice.below(2 ** 50) }
}

function some<T>(dice: Dice, make: () => T): T[] {
  return Array.from({ length: dice.between(1, 4) }, make)
}

/** Each bucket once. */
function inOrder<T extends { readonly bucket: number }>(items: readonly T[]): T[] {
  return [...new Map(items.map(item => [item.bucket, item])).values()].sort((a, b) => a.bucket - b.bucket)
}

function randomId(dice: Dice): string {
  return Buffer.from(dice.fill(new Uint8Array(24))).toString('base64url')
}

function randomDeath(dice: Dice): DeadState {
  const reason = dice.pick(['invalidated', 'renamed', 'shutdown'] as const)
  const death: DeadState = { kind: 'dead', reason, stamp: dice.below(2 ** 50) }
  if (dice.chance(0.2))
    return { ...death, adopted: { actors: [actorOf(dice).slice(0, 8)], stamp: dice.below(2 ** 50) } }
  return dice.chance(0.5) ? death : { ...death, creation: { actor: actorOf(dice), stamp: dice.below(2 ** 50) } }
}

function randomHash(dice: Dice) {
  return { high: dice.below(2 ** 32) | 0, low: dice.below(2 ** 32) | 0 }
}

function randomRows(dice: Dice) {
  return { bucket: dice.below(1024), rows: some(dice, () => randomHash(dice)) }
}

function randomDelta(dice: Dice) {
  const others = dice.pick(randomHistory({ seed: dice.below(1e9), steps: 10 }).states) as LiveState
  const { delta } = commitTo({ ...others, needed: [] }, ACTOR, dice.between(1, 2 ** 50), asArrays(randomValues(dice)))
  return delta
}

function randomState(dice: Dice): SessionState {
  const state = dice.pick(randomHistory({ seed: dice.below(1e9), steps: 10, deaths: 0.05 }).states)
  if (state.kind === 'dead') return randomDeath(dice)
  return { ...state, entries: state.entries.map(e => ({ ...e, value: e.value && new Uint8Array(e.value) })) }
}

function asArrays(values: Map<string, Uint8Array | undefined>): Map<string, Uint8Array | undefined> {
  return new Map([...values].map(([name, value]) => [name, value && new Uint8Array(value)]))
}

function actorOf(dice: Dice): string {
  return Buffer.from(dice.fill(new Uint8Array(16))).toString('latin1')
}

t.test(
  'a message that would have one bucket gone through again and again, or thousands of creators looked for, is malformed',
  t => {
    const hash = { high: 1, low: 2 }
    const [rows, creation] = [
      { bucket: 5, rows: [hash] },
      { actor: ACTOR, stamp: 1, since: 0 },
    ]
    const departure = { actor: ACTOR, goneMs: 1, hasLeft: false }
    const list = { type: 'LIST', exchange: 1, isLast: true, lists: [rows], known: [] } as const
    const memory = { collected: 1, known: [] as (typeof creation)[] }
    const done = { type: 'DONE', exchange: 1, sent: 0, isReady: true, canTell: true, memory, departures: [] } as const
    const many = <T>(item: T, count: number) => Array<T>(count).fill(item)
    const lock = { id: 'a', owner: '', number: 0, fence: 1, leaseMs: 0, left: emptyToken }
    const locks = { type: 'LOCKS', question: 1, isLast: true, locks: [], gone: [] } as const
    const malformed: readonly Message[] = [
      { type: 'BUCKETS', exchange: 1, buckets: many({ bucket: 5, hash }, 2) },
      { ...list, lists: many(rows, 2) },
      { ...list, lists: [rows, { ...rows, bucket: 4 }] },
      { type: 'WANT', exchange: 1, buckets: many(rows, 2) },
      { ...list, known: many(creation, 1_025) },
      { ...done, memory: { collected: 1, known: many(creation, 1_025) } },
      { ...done, departures: many(departure, 1_025) },
      { type: 'TOUCH', accesses: many({ id: 'a', idleMs: 1 }, 1_001) },
      { type: 'EXPIRING', accesses: many({ id: 'a', idleMs: 1 }, 1_001) },
      { type: 'EXPIRED', ids: many('a', 1_001) },
      { type: 'STATE', exchange: 1, states: many({ id: 'a', idleMs: 0, state: DEATH }, 8_193) },
      { ...locks, locks: many(lock, 1_001) },
      { ...locks, gone: many(departure, 257) },
    ]
    for (const message of malformed) t.equal(outcomeOf(encodeMessage(MANAGER, message)), 'malformed', message.type)
    t.equal(outcomeOf(encodeMessage(MANAGER, { ...done, departures: many(departure, 1_024) })), 'read')
    t.end()
  },
)

t.test('what has been was told of without a beginning at first: that is from the beginning', t => {
  const known = [
    { actor: ACTOR, stamp: 5, since: 3 },
    { actor: ACTOR, stamp: 9, since: 8 },
  ]
  const fromTheBeginning = known.map(one => ({ ...one, since: 0 }))
  const list = { type: 'LIST', exchange: 1, isLast: true, lists: [], known } as const
  const head = { type: 'DONE', exchange: 1, sent: 0, isReady: true, canTell: true, departures: [] } as const
  const done = { ...head, memory: { collected: 1, known } }
  const older = (message: Message) => decodeMessage(encodeMessage(MANAGER, message).subarray(0, -2 * 8), ACTOR)
  t.strictSame(older(list), { ...list, known: fromTheBeginning })
  t.strictSame(older(done), { ...done, memory: { collected: 1, known: fromTheBeginning } })
  t.throws(() => decodeMessage(encodeMessage(MANAGER, list).subarray(0, -8), ACTOR), MalformedError)
  t.end()
})

t.test('what locks were told with at first is still understood', async t => {
  const decoded = (hex: string) => decodeMessage(Buffer.from(hex, 'hex'), ACTOR)
  const id = Buffer.from('abcdefghijklmnopqrstuvwxyz012345').toString('hex')
  t.match(decoded(`486f1490fd1120${id}03010000000000002134904e0000000000002198`), { type: 'RENEW', isHeld: true })
  t.strictSame(decoded('486f1490fd1400000009'), { type: 'WHOSE', question: 9, view: undefined })
  t.strictSame(decoded('486f1490fd15000000090100'), {
    type: 'LOCKS',
    question: 9,
    isLast: true,
    locks: [],
    gone: [],
  })
})
