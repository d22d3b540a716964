import fc from 'fast-check'
import t from 'tap'
import { Membership } from '../../src/membership/membership.js'
import { memberOf } from '../support/membership-world.js'

const LOCAL = memberOf(255)
const [A, B, C] = [memberOf(1), memberOf(2), memberOf(3)]
const newMembership = ({ dropTimeMs = 3000, frequencyMs = 500 } = {}) =>
  new Membership({ localId: LOCAL.id, dropTimeMs, frequencyMs })
const names = (members: readonly { name: string }[]) => members.map(m => m.name)

/** Checks every 500 ms from `fromMs` to `toMs`, and tells when whom. */
function checks(membership: Membership, fromMs: number, toMs: number): string[] {
  const lines: string[] = []
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 500) {
    const { quiet, silent } = membership.check(nowMs)
    if (quiet.length > 0) lines.push(`${nowMs} quiet ${names(quiet)}`)
    if (silent.length > 0) lines.push(`${nowMs} silent ${names(silent)}`)
  }
  return lines
}

t.test('a member is new once, then known', async t => {
  const membership = newMembership()
  t.equal(membership.heard(A, 0), 'new')
  t.equal(membership.heard(A, 500), 'known')
  t.strictSame(membership.members(), [A])
  t.equal(membership.get(A.id), A)
})

t.test('another incarnation at the same host and port replaces the old one', async t => {
  const membership = newMembership()
  membership.heard(A, 0)
  const restarted = memberOf(9, { host: A.host, port: A.port })
  t.strictSame(membership.heard(restarted, 10), { replaced: A })
  t.strictSame(membership.members(), [restarted])
  t.equal(membership.heard(memberOf(8, { host: A.host, port: 4001 }), 20), 'new', 'another port is another member')
})

t.test('this process is never in its own list', async t => {
  const membership = newMembership()
  t.equal(membership.heard(LOCAL, 0), 'known')
  t.strictSame(membership.members(), [])
})

t.test('a known member that tells something new is remembered as it is now', async t => {
  const membership = newMembership()
  membership.heard({ ...A, aliveMs: 1000 }, 1000)
  const changed = { ...A, aliveMs: 1500, payload: Uint8Array.of(1), domain: 'eu' }
  membership.heard(changed, 1500)
  t.equal(membership.get(A.id), changed)
  membership.heard({ ...A, aliveMs: 1200 }, 1600)
  t.equal(membership.get(A.id), changed, 'a record that was overtaken on its way changes nothing')
})

t.test('members are ordered by age, whenever they were heard', async t => {
  const membership = newMembership()
  membership.heard({ ...A, aliveMs: 100 }, 5000)
  membership.heard({ ...B, aliveMs: 9000 }, 9000)
  membership.heard({ ...C, aliveMs: 100 }, 5000)
  t.strictSame(names(membership.members()), ['node2', 'node1', 'node3'], 'the same age: by id')
})

t.test('remove answers who it was', async t => {
  const membership = newMembership()
  membership.heard(A, 0)
  t.equal(membership.remove(A.id), A)
  t.equal(membership.remove(A.id), undefined)
  t.equal(membership.heard(A, 10), 'new')
})

t.test('a silent member is asked at half of dropTime, then suspected at every check', async t => {
  const membership = newMembership()
  membership.heard(A, 0)
  t.strictSame(checks(membership, 0, 4500), [
    '1500 quiet node1',
    '3000 silent node1',
    '3500 silent node1',
    '4000 silent node1',
    '4500 silent node1',
  ])
})

t.test(
  'a member whose heartbeats are lost but who answers is asked once per half dropTime and never suspected',
  async t => {
    const membership = newMembership()
    membership.heard(A, 0)
    const lines: string[] = []
    for (let nowMs = 0; nowMs <= 6000; nowMs += 500) {
      for (const m of membership.check(nowMs).quiet) {
        lines.push(`${nowMs} quiet`)
        t.ok(membership.touch(m.id, nowMs + 5))
      }
      t.strictSame(membership.check(nowMs).silent, [])
    }
    t.strictSame(lines, ['1500 quiet', '3500 quiet', '5500 quiet'])
  },
)

t.test('any sign of life ends the suspicion', async t => {
  const membership = newMembership()
  membership.heard(A, 0)
  t.strictSame(checks(membership, 0, 3000), ['1500 quiet node1', '3000 silent node1'])
  t.ok(membership.touch(A.id, 3100))
  t.strictSame(checks(membership, 3500, 4500), [])
  t.notOk(membership.touch(B.id, 3100), 'nobody is known by touch alone')
})

t.test('a process that was stopped accuses nobody, and counts everybody as heard when it woke up', async t => {
  const membership = newMembership()
  membership.heard(A, 0)
  membership.check(500)
  t.strictSame(membership.check(60_000), { quiet: [], silent: [] })
  t.strictSame(checks(membership, 60_500, 63_000), ['61500 quiet node1', '63000 silent node1'])
})

t.test('with dropTime at twice the frequency checks in time are no stall', async t => {
  const membership = newMembership({ dropTimeMs: 1000, frequencyMs: 500 })
  membership.heard(A, 0)
  t.strictSame(checks(membership, 0, 1500), ['500 quiet node1', '1000 silent node1', '1500 silent node1'])
})

t.test('whatever happens: nobody is suspected who gave a sign of life within dropTime', async t => {
  const step = fc.record({
    deltaMs: fc.nat(2000),
    who: fc.constantFrom(A, B, C),
    act: fc.constantFrom('heard', 'touch', 'check'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const membership = newMembership()
      const heardAtMs = new Map<string, number>()
      let nowMs = 0
      for (const { deltaMs, who, act } of steps) {
        nowMs += deltaMs
        if (act === 'heard') membership.heard(who, nowMs)
        if (act === 'heard' || (act === 'touch' && membership.touch(who.id, nowMs))) heardAtMs.set(who.id, nowMs)
        if (act !== 'check') continue
        const { quiet, silent } = membership.check(nowMs)
        for (const m of silent) t.ok(nowMs - heardAtMs.get(m.id)! >= 3000)
        for (const m of quiet) t.ok(nowMs - heardAtMs.get(m.id)! >= 1500)
      }
      t.strictSame(
        names(membership.members()).sort(),
        [A, B, C].filter(m => heardAtMs.has(m.id)).map(m => m.name),
      )
    }),
  )
})
