import type { Member } from '@clowder/tribes'
import t from 'tap'
import { Absences } from '../../src/manager/absences.js'
import { Departures } from '../../src/manager/departures.js'
import { Forgetting, type ForgettingComponents } from '../../src/manager/forgetting.js'
import { SessionTable } from '../../src/manager/session-table.js'
import { commitTo, emptyState, type LiveState } from '../../src/state/session-state.js'
import { aliasOf } from '../../src/state/version-vector.js'
import { startCluster } from '../support/delta-cluster.js'

const nameOf = (n: number) => Buffer.alloc(16, Buffer.from([n >> 8, n & 255])).toString('latin1')
const gone = { actor: 'x'.repeat(16), goneMs: 0, hasLeft: false }

t.test('whom others see is not gone for as long as they do', async t => {
  let nowMs = 0
  const departures = new Departures({ clock: { now: () => nowMs } }, (member: Member) => member.id)
  departures.learn([gone], () => false)
  nowMs = 3_000
  t.ok(departures.isGoneFor(gone.actor, 2_000))
  departures.seenByOthers(gone.actor)
  t.notOk(departures.isGoneFor(gone.actor, 2_000))
  nowMs = 5_000
  t.ok(departures.isGoneFor(gone.actor, 2_000), 'nobody has seen it since')
  departures.learn([{ ...gone, hasLeft: true }], () => false)
  nowMs = 9_000
  departures.seenByOthers(gone.actor)
  t.ok(departures.isGoneFor(gone.actor, 2_000), 'it had said goodbye')
})

t.test('and is missed for as long after that as anybody else', async t => {
  const { a, b, until, advance } = await startCluster({ options: { maxInactiveInterval: 20 } })
  await advance(12_000)
  Object.assign(b.channel, { hiddenMembers: () => ['ab'.repeat(16)] })
  await advance(30_000)
  Object.assign(b.channel, { hiddenMembers: () => [] })
  await advance(10_000)
  const { token } = a.write(undefined, { x: 1 })
  t.match(await until(b.load('unknown', token)), { kind: 'here', stale: true })
  await advance(15_000)
  const later = a.write(undefined, { x: 1 })
  t.strictSame(await until(b.load('unknown', later.token)), { kind: 'none' })
})

t.test('who is gone is told on as it was heard, but not who is back by then', t => {
  let nowMs = 0
  const departures = new Departures({ clock: { now: () => nowMs } }, (member: Member) => member.id)
  departures.memberDisappeared({ id: nameOf(1) } as Member, false)
  nowMs = 1_000
  departures.memberDisappeared({ id: nameOf(2) } as Member, true)
  departures.learn([{ ...gone, actor: nameOf(3), goneMs: 500 }], () => false)
  departures.learn([gone], actor => actor === gone.actor)
  nowMs = 3_000
  t.strictSame(departures.list(), [
    { actor: nameOf(1), goneMs: 3_000, hasLeft: false },
    { actor: nameOf(2), goneMs: 2_000, hasLeft: true },
    { actor: nameOf(3), goneMs: 2_500, hasLeft: false },
  ])
  t.end()
})

t.test('a member that is back may have been in touch with others until there was time to compare with it', t => {
  let nowMs = 0
  const member = { id: 'ab'.repeat(16), uniqueId: new Uint8Array(16) } as unknown as Member
  const absences = new Absences({ clock: { now: () => nowMs }, channel: { pendingMembers: () => 0 } }, 1_000, true)
  absences.memberAdded(member)
  t.notOk(absences.isAnybodyOut())
  absences.memberDisappeared(member)
  absences.memberAdded(member)
  t.ok(absences.isAnybodyOut())
  nowMs = 9_999
  t.ok(absences.isAnybodyOut())
  nowMs = 10_001
  t.notOk(absences.isAnybodyOut())
  t.end()
})

t.test('a member that is back is missing no more', async t => {
  const { a, b, cluster, advance } = await startCluster()
  await advance(12_000)
  cluster.cut(a.channel, b.channel)
  await advance(10)
  t.equal(a.manager.missingMembers().ids.length, 1)
  cluster.heal()
  await advance(10)
  t.strictSame(a.manager.missingMembers().ids, [])
})

t.test('who has gone is found by any of its names, until it is back or so many have gone since', t => {
  const departures = new Departures({ clock: { now: () => 0 } }, (member: Member) => member.id)
  const alias = (n: number) => aliasOf(nameOf(n), 7)
  const hasGone = (n: number) => [nameOf(n), alias(n)].map(name => departures.hasNamed(name))
  const go = (n: number) => departures.memberDisappeared({ id: nameOf(n) } as Member, false)
  go(1)
  t.strictSame(hasGone(1), [true, true])
  t.ok(departures.isGoneFor(alias(1), 0))
  departures.memberAdded({ id: nameOf(1) } as Member)
  t.strictSame(hasGone(1), [false, false])
  t.notOk(departures.isGoneFor(alias(1), 0))
  for (let n = 1; n <= 1_025; n++) go(n)
  t.equal(departures.size, 1_024)
  t.strictSame([hasGone(1), hasGone(2)].flat(), [false, false, true, true])
  t.end()
})

t.test('a session that many have written to, and of which nothing is to be forgotten, stays packed', t => {
  const clock = { now: () => 1e6, wallTime: () => 1e12 }
  const table = new SessionTable()
  let state: LiveState = emptyState
  for (let n = 0; n < 20; n++) state = commitTo(state, nameOf(n), 1_000 + n, new Map([['x', undefined]])).state
  const copy = table.put('s', state, 0)
  table.packIdle(clock.now(), 1)
  const departures = new Departures({ clock }, () => '')
  const replicas = { table, hybridClock: { before: () => 500 } }
  const parts = { clock, replicas, departures } as Partial<Record<keyof ForgettingComponents, object>>
  const forgetting = new Forgetting(parts as ForgettingComponents, { retentionMs: 1, maxDeathCertificates: 1 })
  t.ok(copy.writers > 16 && copy.isPacked)
  forgetting.look(copy)
  t.ok(copy.isPacked)
  t.end()
})
