import fc from 'fast-check'
import t from 'tap'
import { Membership } from '../../src/membership/membership.js'
import { memberOf } from '../support/membership-world.js'

const LOCAL = memberOf(0)
const [A, B, C] = [memberOf(1), memberOf(2), memberOf(3)]
const newMembership = ({ dropTimeMs = 3000, frequencyMs = 500 } = {}) =>
  new Membership({ localId: LOCAL.id, dropTimeMs, frequencyMs })
const names = (members: readonly { name: string }[]) => members.map(m => m.name)

/** Checks every 500 ms from `fromMs` to `toMs`, and tells when whom. */
function checks(membership: Membership, fromMs: number, toMs: number): string[] {
  const lines: string[] = []
  for (let nowMs = fromMs; nowMs <= toMs; nowMs += 500) {
    const report = membership.check(nowMs)
    for (const m of report.quiet) membership.asked(m.id, nowMs)
    for (const [how, members] of Object.entries(report)) {
      if (members.length > 0) lines.push(`${nowMs} ${how} ${names(members)}`)
    }
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

t.test('a member that tells another age has that place among the others', async t => {
  const membership = newMembership()
  membership.heard({ ...A, aliveMs: 100 }, 0)
  membership.heard({ ...B, aliveMs: 200 }, 0)
  t.strictSame(names(membership.members()), ['node2', 'node1'])
  membership.heard({ ...A, aliveMs: 5000 }, 1000)
  t.strictSame(names(membership.members()), ['node1', 'node2'])
})

t.test('remove answers who it was', async t => {
  const membership = newMembership()
  membership.heard(A, 0)
  t.equal(membership.remove(A.id), A)
  t.equal(membership.remove(A.id), undefined)
  t.equal(membership.heard(A, 10), 'new')
})

t.test('a silent member is asked, again and again, then suspected, then lost', async t => {
  const membership = newMembership()
  membership.heard(A, 0)
  t.strictSame(checks(membership, 0, 3500), [
    ...['1000 quiet node1', '1500 quiet node1', '2000 quiet node1'],
    ...['2500 quiet node1', '2500 suspect node1'],
    ...['3000 quiet node1', '3000 suspect node1'],
    ...['3500 quiet node1', '3500 lost node1'],
  ])
})

t.test('who was asked is not asked again at each look: only when a heartbeat has passed', async t => {
  const membership = newMembership()
  membership.heard(A, 0)
  const isAskedAt = (nowMs: number) => membership.check(nowMs).quiet.length > 0
  t.strictSame([600, 601, 1099, 1100].map(isAskedAt), [true, false, false, true])
  membership.asked(A.id, 1100)
  t.strictSame([1101, 1599, 1600].map(isAskedAt), [false, false, true])
})

t.test('a member whose heartbeats are lost but who answers is never suspected', async t => {
  const membership = newMembership()
  membership.heard(A, 0)
  for (let nowMs = 0; nowMs <= 6000; nowMs += 250) {
    const { quiet, suspect, lost, unreachable } = membership.check(nowMs)
    for (const m of quiet) t.ok(membership.touch(m.id, nowMs + 5))
    t.strictSame([...suspect, ...lost, ...unreachable], [])
  }
})

t.test(
  'a member whose heartbeats come all the time is asked all the same, because they say nothing of TCP',
  async t => {
    const membership = newMembership()
    const asked: number[] = []
    for (let nowMs = 0; nowMs <= 5000; nowMs += 100) {
      membership.heard({ ...A, aliveMs: nowMs }, nowMs)
      for (const m of membership.check(nowMs).quiet) {
        asked.push(nowMs)
        membership.touch(m.id, nowMs)
      }
    }
    t.strictSame(asked, [1500, 3000, 4500])
  },
)

t.test('one that sends heartbeats and does not answer over TCP is unreachable in the end', async t => {
  const membership = newMembership()
  const lines: string[] = []
  for (let nowMs = 0; nowMs <= 5500; nowMs += 500) {
    membership.heard({ ...A, aliveMs: nowMs }, nowMs)
    lines.push(...checks(membership, nowMs, nowMs))
  }
  t.match(lines.at(-1), '5500 unreachable')
  t.notOk(lines.some(line => line.includes('lost')))
})

t.test('bytes end the suspicion; a heartbeat, or the word of another member, only grants time', async t => {
  const suspected = () => {
    const membership = newMembership()
    membership.heard(A, 0)
    membership.asked(A.id, 250)
    return membership
  }
  const outcome = (membership: Membership) => Object.entries(membership.check(2500)).filter(([, m]) => m.length > 0)
  t.match(outcome(suspected()), [['quiet'], ['lost']])
  const heard = suspected()
  heard.heard({ ...A, aliveMs: 1 }, 1000)
  t.match(outcome(heard), [['quiet'], ['suspect']])
  const vouched = suspected()
  vouched.vouched(A.id, 1000)
  t.match(outcome(vouched), [['quiet'], ['suspect']])
  const touched = suspected()
  t.ok(touched.touch(A.id, 1900))
  t.match(outcome(touched), [['quiet']])
  t.notOk(touched.touch(B.id, 3100), 'nobody is known by touch alone')
})

t.test('a heartbeat that comes twice, or was overtaken, is a sign of life once', async t => {
  const membership = newMembership()
  membership.heard({ ...A, aliveMs: 500 }, 1000)
  membership.heard({ ...A, aliveMs: 500 }, 1600)
  membership.heard({ ...A, aliveMs: 100 }, 1700)
  t.equal(membership.heardAgoMs(A.id, 2000), 1000)
})

t.test('whoever says that it has dropped us has a third of dropTime left to answer', async t => {
  const membership = newMembership()
  membership.heard(A, 0)
  membership.expelledUs(A.id, 100)
  membership.heard({ ...A, aliveMs: 1 }, 1000)
  t.strictSame(names(membership.check(1099).unreachable), [])
  t.strictSame(names(membership.check(1100).unreachable), ['node1'])
  membership.touch(A.id, 1100)
  t.strictSame(names(membership.check(1100).unreachable), [])
})

t.test('what was not heard while this process stood still counts for nothing', async t => {
  const membership = newMembership()
  membership.heard(A, 0)
  membership.asked(A.id, 500)
  membership.excuse(60_000, 60_600)
  t.strictSame(checks(membership, 60_600, 60_600), ['60600 quiet node1'])
  t.strictSame(names(membership.check(62_700).lost), ['node1'], 'silent for 100 ms before, and 2,100 after')
})

t.test('a member that is unwell itself grants more time', async t => {
  const membership = newMembership()
  membership.heard(A, 0)
  membership.asked(A.id, 0)
  t.strictSame(names(membership.check(6449, 3).lost), [])
  t.strictSame(names(membership.check(6450, 3).lost), ['node1'])
})

t.test('the next check comes when the next member is to be asked, or lost', async t => {
  const membership = newMembership()
  t.equal(membership.nextCheckMs(0), 500)
  membership.heard(A, 0)
  t.equal(membership.nextCheckMs(50), 465)
  t.equal(membership.nextCheckMs(514), 25, 'not for every member in turn')
  membership.asked(A.id, 515)
  t.equal(membership.nextCheckMs(600), 500)
  t.equal(membership.nextCheckMs(1700), 65, 'it is suspect then')
  t.equal(membership.nextCheckMs(2500), 165)
  t.equal(membership.nextCheckMs(2665), 500, 'whoever is lost has been reported')
  membership.vouched(A.id, 4000)
  t.equal(membership.nextCheckMs(4000), 265, 'it is unreachable then, whoever hears it')
})

t.test('of two one asks a little earlier, so that the other one need not', async t => {
  for (const [local, askMs] of [
    [memberOf(0), 515],
    [memberOf(9), 535],
  ] as const) {
    const membership = new Membership({ localId: local.id, dropTimeMs: 3000, frequencyMs: 500 })
    membership.heard(A, 0)
    t.equal(Math.ceil(membership.nextCheckMs(100)), askMs - 100)
    t.strictSame(names(membership.check(askMs - 1).quiet), [])
    t.strictSame(names(membership.check(askMs).quiet), ['node1'])
  }
})

t.test('who is heard in time is not asked; bytes between two heartbeats do not stand for the next one', async t => {
  const membership = newMembership()
  for (let nowMs = 0; nowMs <= 1000; nowMs += 500) {
    membership.heard({ ...A, aliveMs: nowMs }, nowMs)
    t.strictSame(names(membership.check(nowMs + 499).quiet), [])
  }
  membership.touch(A.id, 1400)
  t.strictSame(names(membership.check(1515).quiet), ['node1'], 'its heartbeat is late')
  membership.touch(A.id, 1516)
  t.strictSame(names(membership.check(2030).quiet), [], 'its answer does')
  t.strictSame(names(membership.check(2031).quiet), ['node1'])
})

t.test('two lists have the same digest when the same members are in the group', async t => {
  const onA = new Membership({ localId: A.id, dropTimeMs: 3000, frequencyMs: 500 })
  const onB = new Membership({ localId: B.id, dropTimeMs: 3000, frequencyMs: 500 })
  onA.heard(B, 0)
  t.not(onA.digest, onB.digest)
  onB.heard(C, 0)
  onB.heard(A, 0)
  onA.heard(C, 0)
  t.equal(onA.digest, onB.digest)
  onA.remove(C.id)
  onA.remove(C.id)
  t.not(onA.digest, onB.digest)
  onB.remove(C.id)
  t.equal(onA.digest, onB.digest)
  onA.renamed(C.id)
  t.not(onA.digest, onB.digest)
})

t.test('whatever happens: nobody is lost who gave a sign of life within 43/60 of dropTime', async t => {
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
        nowMs += deltaMs + 1
        if (act === 'heard') membership.heard({ ...who, aliveMs: nowMs }, nowMs)
        if (act === 'heard' || (act === 'touch' && membership.touch(who.id, nowMs))) heardAtMs.set(who.id, nowMs)
        if (act !== 'check') continue
        const { quiet, lost } = membership.check(nowMs)
        for (const m of quiet) membership.asked(m.id, nowMs)
        for (const m of lost) t.ok(nowMs - heardAtMs.get(m.id)! >= 2150)
      }
      t.strictSame(
        names(membership.members()).sort(),
        [A, B, C].filter(m => heardAtMs.has(m.id)).map(m => m.name),
      )
    }),
  )
})
