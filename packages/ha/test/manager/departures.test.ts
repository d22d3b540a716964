import type { Member } from '@clowder/tribes'
import t from 'tap'
import { Departures } from '../../src/manager/departures.js'
import { startCluster } from '../support/delta-cluster.js'

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
