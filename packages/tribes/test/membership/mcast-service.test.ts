import t from 'tap'
import { decodeDatagram, encodeDatagram, LONGEST_HEARTBEAT_BYTES } from '../../src/wire/datagram.js'
import { MembershipWorld, memberOf } from '../support/membership-world.js'

/** As long as any answer. */
function questionOf(idByte: number): Buffer {
  const short = encodeDatagram({ type: 'alive', wantsAnswer: true, clusterName: 'cats', member: memberOf(idByte) })
  return Buffer.concat([short, Buffer.alloc(LONGEST_HEARTBEAT_BYTES - short.length)])
}

const ids = (members: readonly { id: string }[]) => new Set(members.map(m => m.id.slice(0, 2)))

t.test('a member that starts is known to all, and knows all, within milliseconds', async t => {
  const world = new MembershipWorld()
  const early = await Promise.all([1, 2, 3].map(id => world.started(id)))
  await world.clock.advance(10_220)
  const late = await world.started(4)
  await world.clock.advance(3)
  t.strictSame(ids(late.listener.announced), new Set(['01', '02', '03']))
  for (const node of early) t.ok(ids(node.listener.announced).has('04'))
})

t.test(
  'heartbeats come at the multiples of frequency on the wall clock, so that members wake for all at once, and tell the age',
  async t => {
    const world = new MembershipWorld()
    await world.started(1, { frequency: 500 })
    const sentAtMs: number[] = []
    for (let i = 0; i < 120; i++) {
      const before = world.network.sent.length
      await world.clock.advance(500 - (world.clock.wallTime() % 500))
      if (world.network.sent.length > before) sentAtMs.push(world.clock.wallTime())
    }
    t.ok(sentAtMs.length >= 119, `${sentAtMs.length} heartbeats`)
    const ages = world.network.sent.map(bytes => decodeDatagram(bytes).member.aliveMs)
    const gaps = ages.slice(2).map((age, i) => age - ages[i + 1]!)
    t.ok(
      gaps.every(gap => gap === 500),
      `${gaps}`,
    )
    const wantsAnswer = world.network.sent.filter(bytes => decodeDatagram(bytes).wantsAnswer)
    t.equal(wantsAnswer.length, 1, 'only the first asks')
  },
)

t.test('the age goes on from what the member had when it started', async t => {
  const world = new MembershipWorld()
  const { service, member } = world.service(1)
  await service.start({ ...member, aliveMs: 5000 })
  await world.clock.advance(2000)
  const { aliveMs } = decodeDatagram(world.network.sent.at(-1)!).member
  t.ok(aliveMs > 6400 && aliveMs <= 7000, `${aliveMs}`)
})

t.test(
  'whoever asks again and again is answered once per 50 ms, and an answer is not larger than the question',
  async t => {
    const world = new MembershipWorld()
    await world.started(1)
    await world.clock.advance(20)
    const sentBefore = world.network.sent.length
    const question = questionOf(9)
    world.network.inject(question.subarray(0, -1))
    t.equal(world.network.sent.length, sentBefore, 'a byte less than the longest answer')
    for (let i = 0; i < 400; i++) {
      world.network.inject(question)
      await world.clock.advance(1)
    }
    const answers = world.network.sent.slice(sentBefore)
    t.equal(answers.length, 9, 'at once, then every 50 ms')
    t.ok(answers.every(bytes => bytes.length <= question.length && !decodeDatagram(bytes).wantsAnswer))
    const [asked] = world.network.sent.filter(bytes => decodeDatagram(bytes).wantsAnswer)
    t.equal(asked!.length, LONGEST_HEARTBEAT_BYTES, 'our own question')
  },
)

t.test('who asks while an answer was just given is answered when the 50 ms are over', async t => {
  const world = new MembershipWorld()
  await world.started(1)
  await world.clock.advance(100)
  const question = questionOf(9)
  const sentBefore = world.network.sent.length
  world.network.inject(question)
  await world.clock.advance(10)
  world.network.inject(question)
  t.equal(world.network.sent.length - sentBefore, 1)
  await world.clock.advance(40)
  t.equal(world.network.sent.length - sentBefore, 2)
})

t.test('own datagrams, other clusters and garbage are counted and reported to nobody', async t => {
  const world = new MembershipWorld()
  const { service, listener, logger } = await world.started(1)
  const stranger = encodeDatagram({ type: 'alive', wantsAnswer: true, clusterName: 'dogs', member: memberOf(2) })
  world.network.inject(stranger)
  world.network.inject(Buffer.from('garbage'))
  await world.clock.advance(400)
  const counts = { sent: 1, errors: 0, recoveries: 0, received: 3, echoes: 1, strangers: 1, malformed: 1 }
  t.strictSame(service.stats, { ...counts, forged: 0, replayed: 0, shed: 0 })
  t.strictSame(listener.announced, [])
  t.strictSame(logger.lines, ['debug Not a heartbeat, from 10.0.0.9:45564.'])
})

t.test(
  'heartbeats with another secret, or with one where there is none, are strange: counted, and told once a minute of each address',
  async t => {
    const world = new MembershipWorld()
    const { service, listener, logger } = await world.started(1)
    for (let n = 0; n < 3; n++) world.network.inject(Buffer.from('CLWS and so on'))
    world.network.refuse('strange')
    await world.clock.advance(10)
    t.match(service.stats, { received: 5, strangers: 4, malformed: 0 })
    t.strictSame(listener.announced, [])
    t.equal(logger.lines.length, 1)
    t.match(
      logger.lines[0],
      /^info 10\.0\.0\.9 sends heartbeats to 228\.0\.0\.4:45564 that are made with another secret or with none/,
    )
    world.network.refuse('strange', '10.0.0.8')
    t.match(logger.lines[1], /^info 10\.0\.0\.8 sends/)
    for (let n = 0; n < 100; n++) world.network.refuse('strange', `10.0.1.${n}`)
    t.equal(logger.lines.length, 16, 'addresses can be made up')
    await world.clock.advance(60_001)
    world.network.refuse('strange')
    t.equal(logger.lines.length, 17)
  },
)

t.test('what the network port has refused is counted, and a flood of it is told once a minute', async t => {
  const world = new MembershipWorld()
  const { service, listener, logger } = await world.started(1)
  for (const why of ['malformed', 'forged', 'replayed', 'shed', 'shed'] as const) world.network.refuse(why)
  t.match(service.stats, { malformed: 1, forged: 1, replayed: 1, shed: 2 })
  t.strictSame([logger.lines.length, listener.announced], [1, []])
  t.match(logger.lines[0], /^warn Too many datagrams come to 228\.0\.0\.4:45564 that are nobody's heartbeats/)
  await world.clock.advance(60_001)
  world.network.refuse('shed')
  t.equal(logger.lines.length, 2)
})

t.test('where everything that comes is refused, multicast works all the same', async t => {
  const world = new MembershipWorld()
  world.network.isDeaf = true
  const { logger } = await world.started(1)
  for (let n = 0; n < 20; n++) {
    world.network.refuse('forged')
    await world.clock.advance(500)
  }
  t.notOk(logger.has('multicast does not work here'))
})

t.test('a goodbye is said twice, then nothing more', async t => {
  const world = new MembershipWorld()
  const [a, b] = [await world.started(1), await world.started(2)]
  await world.clock.advance(1000)
  await a.service.stop()
  await world.clock.advance(3)
  t.strictSame(
    b.listener.left.map(m => m.id),
    [a.member.id, a.member.id],
  )
  t.equal(world.network.sockets.size, 1)
  const announcedBefore = b.listener.announced.length
  await world.clock.advance(5000)
  t.equal(b.listener.announced.length, announcedBefore)
})

t.test('start and stop are idempotent, nothing is left behind, and the service can be started again', async t => {
  const world = new MembershipWorld()
  const { service, member } = world.service(1)
  await service.stop()
  await Promise.all([service.start(member), service.start(member)])
  t.equal(world.network.joins.length, 1)
  await world.clock.advance(700)
  await Promise.all([service.stop(), service.stop()])
  t.equal(world.network.sockets.size, 0)
  t.equal(world.clock.pendingTimers, 2, 'two goodbyes on their way')
  await service.start(memberOf(2))
  await world.clock.advance(1)
  t.equal(decodeDatagram(world.network.sent.at(-1)!).member.id, memberOf(2).id)
})

t.test('payload and domain are announced at once when they change', async t => {
  const world = new MembershipWorld()
  const [a, b] = [await world.started(1), await world.started(2)]
  await world.clock.advance(100)
  a.service.setPayload(Uint8Array.of(1, 2))
  await world.clock.advance(1)
  t.strictSame(b.listener.announced.at(-1)?.payload, Uint8Array.of(1, 2))
  a.service.setDomain('eu')
  await world.clock.advance(1)
  t.match(b.listener.announced.at(-1), { domain: 'eu', payload: Uint8Array.of(1, 2) })
  t.throws(() => a.service.setPayload(new Uint8Array(513)), { code: 'TRIBES_BAD_MEMBERSHIP_OPTION' })
  await world.clock.advance(1000)
  t.strictSame(b.listener.announced.at(-1)?.payload, Uint8Array.of(1, 2), 'what was refused is not sent')
})

t.test('payload and domain of the options, or set before the start, are announced', async t => {
  const world = new MembershipWorld()
  const listening = await world.started(1)
  const { service, member } = world.service(2, { domain: 'eu', payload: Uint8Array.of(1) })
  service.setPayload(Uint8Array.of(2))
  await service.start(member)
  await world.clock.advance(1)
  t.match(listening.listener.announced[0], { domain: 'eu', payload: Uint8Array.of(2) })
})

t.test('a group that cannot be joined, or a member that does not fit, is an error of start', async t => {
  const world = new MembershipWorld()
  const { service, member } = world.service(1)
  await t.rejects(service.start({ ...member, name: 'n'.repeat(200) }), { code: 'TRIBES_BAD_MEMBERSHIP_OPTION' })
  world.network.joinError = Object.assign(new Error('addMembership EADDRNOTAVAIL'), { code: 'EADDRNOTAVAIL' })
  await t.rejects(service.start(member), { code: 'TRIBES_CANNOT_JOIN_GROUP', cause: { code: 'EADDRNOTAVAIL' } })
  await service.stop()
  t.equal(world.clock.pendingTimers, 0)
  world.network.joinError = undefined
  await service.start(member)
  t.equal(service.stats.sent, 1)
})

t.test('where not even our own heartbeats come back, one warning says what to do', async t => {
  const world = new MembershipWorld()
  world.network.isDeaf = true
  const { logger } = await world.started(1)
  await world.clock.advance(1999)
  t.strictSame(logger.lines, [])
  await world.clock.advance(60_000)
  t.equal(logger.lines.length, 1)
  t.match(logger.lines[0], /^warn No heartbeat came back from 228.0.0.4:45564.*membership.members.*membership.bind/)
})

t.test('with a slow frequency the warning waits for four heartbeats', async t => {
  const world = new MembershipWorld()
  world.network.isDeaf = true
  const { logger } = await world.started(1, { frequency: 1000 })
  await world.clock.advance(3999)
  t.strictSame(logger.lines, [])
  await world.clock.advance(1)
  t.equal(logger.lines.length, 1)
})

t.test('one datagram of anybody is enough to stay calm, and without loopback nothing is expected', async t => {
  const world = new MembershipWorld()
  world.network.isDeaf = true
  const heard = await world.started(1)
  world.network.inject(Buffer.from('garbage'))
  const silent = await world.started(2, { localLoopbackDisabled: true })
  await world.clock.advance(20_000)
  t.notOk(heard.logger.has('warn'))
  t.strictSame(silent.logger.lines, [])
  t.match(world.network.joins, [{ loopbackDisabled: false }, { loopbackDisabled: true }])
})

t.test('bind and ttl reach the network as given', async t => {
  const world = new MembershipWorld()
  await world.started(1)
  await world.started(2, { bind: '10.0.0.2', ttl: 0, address: 'ff02::4', port: 4556 })
  t.strictSame(world.network.joins, [
    { group: '228.0.0.4', port: 45_564, loopbackDisabled: false },
    { group: 'ff02::4', port: 4556, loopbackDisabled: false, bind: '10.0.0.2', ttl: 0 },
  ])
})

t.test('who asks while it says goodbye is not answered any more', async t => {
  const world = new MembershipWorld()
  const { service } = await world.started(1)
  await world.clock.advance(100)
  world.network.inject(questionOf(9))
  const spread = world.network.spread.bind(world.network)
  world.network.spread = (from, bytes) => {
    spread(from, bytes)
    world.network.inject(questionOf(9))
  }
  await service.stop()
  const said = world.network.sent.length
  await world.clock.advance(1000)
  t.equal(world.network.sent.length, said)
})

t.test('an answer that was due when it was stopped does not keep the next ones back', async t => {
  const world = new MembershipWorld()
  const { service } = await world.started(1)
  await world.clock.advance(100)
  for (let i = 0; i < 2; i++) world.network.inject(questionOf(9))
  await service.stop()
  await service.start(memberOf(2))
  await world.clock.advance(100)
  const said = world.network.sent.length
  world.network.inject(questionOf(9))
  t.equal(world.network.sent.length, said + 1)
})

t.test('who stops before anything was heard is not warned of that any more', async t => {
  const world = new MembershipWorld()
  world.network.isDeaf = true
  const { service, logger } = await world.started(1)
  await service.stop()
  await world.clock.advance(60_000)
  t.strictSame(logger.lines, [])
  t.equal(world.clock.pendingTimers, 0)
})
