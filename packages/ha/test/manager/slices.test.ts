import t from 'tap'
import { AccessTimes } from '../../src/manager/access-times.js'
import { Expiry, type ExpiryComponents } from '../../src/manager/expiry.js'
import { Forgetting, type ForgettingComponents } from '../../src/manager/forgetting.js'
import { KnownSessions } from '../../src/manager/known-sessions.js'
import { Newcomers } from '../../src/manager/newcomers.js'
import type { Peers } from '../../src/manager/peers.js'
import type { SessionCopy } from '../../src/manager/session-copy.js'
import type { SessionReplicas } from '../../src/manager/session-replicas.js'
import { SessionTable } from '../../src/manager/session-table.js'
import { Slices } from '../../src/manager/slices.js'
import { TableRounds } from '../../src/manager/table-rounds.js'
import { emptyState } from '../../src/state/session-state.js'
import type { Message } from '../../src/wire/message.js'

/** Time goes on by as much at each look, and timers fire when they are told to. */
class SteppedClock {
  readonly due: (() => void)[] = []
  readonly #stepMs: number
  #nowMs = 1_000

  constructor(stepMs: number) {
    this.#stepMs = stepMs
  }

  now(): number {
    return (this.#nowMs += this.#stepMs)
  }

  wallTime(): number {
    return this.now()
  }

  pass(ms: number): void {
    this.#nowMs += ms
  }

  setTimer(_afterMs: number, fire: () => void) {
    this.due.push(fire)
    return { cancel: () => void this.due.splice(this.due.indexOf(fire), 1) }
  }

  endOfTurn(fire: () => void): void {
    this.due.push(fire)
  }

  fire(): void {
    this.due.shift()?.()
  }
}

function* noting(name: string, steps: number, done: string[]): Generator<void> {
  for (let n = 1; n <= steps; n++) {
    done.push(`${name}${n}`)
    yield
  }
}

t.test('what takes longer than a slice goes on in the next one, and what was begun later comes behind it', t => {
  const clock = new SteppedClock(0.3)
  const slices = new Slices({ clock })
  const done: string[] = []
  slices.run(noting('a', 6, done))
  t.strictSame(done, ['a1', 'a2', 'a3', 'a4'])
  slices.run(noting('b', 1, done))
  t.equal(clock.due.length, 1, 'one timer for all')
  clock.fire()
  t.strictSame(done.slice(4), ['a5', 'a6', 'b1'])
  while (clock.due.length > 0) clock.fire()
  slices.run(noting('c', 2, done))
  t.strictSame(done.slice(7), ['c1', 'c2'], 'what is short is done at once')
  t.end()
})

t.test('a piece that fails is over, and those behind it have their turn', t => {
  const clock = new SteppedClock(2)
  const slices = new Slices({ clock })
  const done: string[] = []
  const failing = (function* () {
    yield
    throw new Error('no more')
  })()
  slices.run(failing)
  slices.run(noting('b', 1, done))
  t.throws(() => clock.fire(), { message: 'no more' })
  while (clock.due.length > 0) clock.fire()
  slices.run(noting('c', 1, done))
  t.strictSame(done, ['b1', 'c1'])
  t.end()
})

t.test('what is left is finished at once, or not at all, when that is asked for', t => {
  const clock = new SteppedClock(2)
  const slices = new Slices({ clock })
  const done: string[] = []
  slices.run(noting('a', 3, done))
  slices.finish()
  t.strictSame([done.length, clock.due.length], [3, 0])
  slices.run(noting('b', 3, done))
  slices.stop()
  t.strictSame([done.length, clock.due.length], [4, 0])
  slices.run(noting('c', 1, done))
  t.equal(done[4], 'c1')
  t.end()
})

function accessTimesOf(count: number) {
  const clock = new SteppedClock(0.4)
  const table = new SessionTable()
  for (let n = 0; n < count; n++) table.put(`session-${n}`, emptyState, clock.now())
  const told: number[] = []
  const member = { id: 'm' }
  const peers = {
    isMember: () => true,
    members: () => [member],
    send: (_to: unknown, message: Message) => void (message.type === 'TOUCH' && told.push(message.accesses.length)),
  }
  const accessTimes = new AccessTimes({
    clock,
    peers: peers as unknown as Peers,
    replicas: { table } as unknown as SessionReplicas,
  })
  return { clock, told, accessTimes, member, table }
}

function memberBackAmong(count: number) {
  const among = accessTimesOf(count)
  among.accessTimes.memberBack(among.member as never, 10_000)
  return among
}

t.test(
  'who is back is told of the uses it has missed a little at a time, and of all of them before this node leaves',
  t => {
    const told = (counts: readonly number[]) => counts.reduce((sum, n) => sum + n, 0)
    const one = memberBackAmong(3_000)
    t.ok(told(one.told) < 1_500, 'a slice does not get far')
    while (one.clock.due.length > 0) one.clock.fire()
    t.equal(told(one.told), 3_000)
    const other = memberBackAmong(3_000)
    other.accessTimes.tell(true)
    t.equal(told(other.told), 3_000)
    t.equal(other.clock.due.length, 0)
    t.end()
  },
)

t.test('however many uses are due at a time, they are told a little at a time, and each once', t => {
  const { accessTimes, clock, table, told } = accessTimesOf(3_000)
  for (const copy of table) accessTimes.used(copy)
  clock.pass(100_000)
  const sum = () => told.reduce((all, n) => all + n, 0)
  accessTimes.tell()
  t.ok(sum() < 1_500, 'a slice does not get far')
  accessTimes.tell()
  while (clock.due.length > 0) clock.fire()
  t.equal(sum(), 3_000)
  accessTimes.tell()
  t.equal(sum(), 3_000)
  t.end()
})

t.test('however many sessions expire in one second, they are looked at and dropped a little at a time', t => {
  const clock = new SteppedClock(0.1)
  const table = new SessionTable()
  const copies = Array.from({ length: 1_000 }, (_, n) => table.put(`s${n}`, emptyState, clock.now()))
  for (const copy of copies) copy.idleLimitMs = 1_000
  const parts = {
    clock,
    peers: { localId: 'self', members: () => [], send: () => {} },
    replicas: { table, expire: (copy: SessionCopy) => table.remove(copy) },
    absences: { isAnybodyOut: () => false },
    forgetting: { look: () => {} },
    accessTimes: {},
    newcomers: new Newcomers(),
    placement: { isEverywhere: true, isSingle: false },
  } as Partial<Record<keyof ExpiryComponents, object>> as ExpiryComponents
  const expiry = new Expiry(parts)
  const rounds = new TableRounds({ ...parts, expiry })
  clock.pass(10_000)
  expiry.hurry(copies)
  clock.pass(3_000)
  let most = 0
  const slice = (work: () => void) => {
    const before = table.liveCount
    work()
    most = Math.max(most, before - table.liveCount)
  }
  slice(() => rounds.tick())
  while (clock.due.length > 0) slice(() => clock.fire())
  t.equal(table.liveCount, 0)
  t.ok(most <= 20, `${most} in a slice of a millisecond`)
  t.end()
})

t.test('certificates that are kept for long, however many, do not keep those behind them from being forgotten', t => {
  const clock = new SteppedClock(0)
  const table = new SessionTable()
  const actor = 'a'.repeat(16)
  const known = new KnownSessions()
  known.learn({ actor, stamp: 1_000, since: 0 })
  const NEEDED = 50_001
  for (let n = 0; n <= NEEDED; n++) {
    const copy = table.put(`s${n}`, { kind: 'dead', reason: 'invalidated', stamp: 1 }, clock.now())
    // Of the others nobody here has seen who made them, and somebody is out.
    if (n === NEEDED) copy.note({ creation: { actor, stamp: 1 } })
  }
  const parts = {
    clock,
    known,
    peers: { actor },
    placement: { isUnlimited: true },
    replicas: { table, hybridClock: { last: 1_000 } },
    absences: { isAnybodyOut: () => true, isJustAwake: () => false },
  } as Partial<Record<keyof ForgettingComponents, object>> as ForgettingComponents
  const forgetting = new Forgetting(parts, { retentionMs: 1_000, maxDeathCertificates: 1_000_000 })
  clock.pass(2_000)
  for (let second = 0; second < 3; second++) forgetting.tick()
  t.equal(table.deadCount, NEEDED)
  t.notOk(table.get(`s${NEEDED}`))
  t.end()
})
