import t from 'tap'
import { decodeDatagram } from '../../src/wire/datagram.js'
import { MembershipWorld } from '../support/membership-world.js'

const ENETUNREACH = Object.assign(new Error('send ENETUNREACH'), { code: 'ENETUNREACH' })

t.test('a network that is gone for some heartbeats costs one warning and no socket', async t => {
  const world = new MembershipWorld()
  const { service, logger } = await world.started(1)
  world.network.sendError = ENETUNREACH
  await world.clock.advance(4600)
  world.network.sendError = undefined
  await world.clock.advance(10_000)
  t.equal(logger.lines.filter(line => line.startsWith('warn')).length, 1)
  t.match(logger.lines[0], 'warn Unable to multicast a heartbeat.')
  t.equal(world.network.joins.length, 1)
  t.match(service.stats, { recoveries: 0 })
})

t.test(
  'after recoveryCounter errors the socket is opened anew until one can send, without a goodbye and with the right age',
  async t => {
    const world = new MembershipWorld()
    const [a, b] = [await world.started(1), await world.started(2)]
    await world.clock.advance(60_000)
    world.network.sendError = ENETUNREACH
    await world.clock.advance(20_000)
    t.ok(a.logger.has('warn Tribes membership, running recovery, multicasting is not functional.'))
    t.ok(a.logger.has('warn Recovery attempt 1 failed, trying again in 1000 ms.'))
    t.ok(a.logger.has('debug Recovery attempt 3 failed'), 'one line an outage')
    t.equal(world.network.sockets.size, 0, 'closed between the attempts')
    t.match(a.service.stats, { errors: 10, recoveries: 0 })

    world.network.sendError = undefined
    const sentBefore = world.network.sent.length
    await world.clock.advance(1000)
    t.ok(a.logger.has('info Membership recovery was successful.'), 'within the two seconds in which members must agree')
    t.equal(world.network.sockets.size, 2, 'one per service')
    t.strictSame(b.listener.left, [])
    const greeting = world.network.sent
      .slice(sentBefore)
      .map(bytes => decodeDatagram(bytes))
      .find(({ member }) => member.id === a.member.id)!
    t.equal(greeting.wantsAnswer, true, 'the others may have changed meanwhile')
    t.ok(greeting.member.aliveMs >= 80_000 && greeting.member.aliveMs <= 85_000, `${greeting.member.aliveMs} ms`)
    t.match(a.service.stats, { recoveries: 1 })
    await world.clock.advance(10)
    t.ok(b.listener.announced.at(-1)!.aliveMs > 80_000)
  },
)

t.test('errors of the socket itself count too', async t => {
  const world = new MembershipWorld()
  const { service, logger } = await world.started(1, { recoveryCounter: 3 })
  const [socket] = world.network.sockets
  for (let i = 0; i < 3; i++) socket!.handlers.failed(new Error('recvmsg ENOBUFS'))
  await world.clock.advance(10)
  t.match(service.stats, { errors: 3, recoveries: 1 })
  t.notOk(world.network.sockets.has(socket!))
  t.equal(world.network.sockets.size, 1)
  t.ok(logger.has('recovery was successful'))
})

t.test('at another address the group is joined anew, and the new address announced', async t => {
  const world = new MembershipWorld()
  const { service, member: local } = await world.started(1)
  const { joins, sent } = world.network
  service.localChanged({ ...local, host: local.host, port: 4001 })
  await world.clock.advance(10)
  t.equal(joins.length, 1, 'another port is no reason')
  service.localChanged({ ...local, host: '10.0.9.9' })
  await world.clock.advance(10)
  t.equal(joins.length, 2)
  t.equal(world.network.sockets.size, 1)
  t.match(decodeDatagram(sent.at(-1)!), { wantsAnswer: true, member: { host: '10.0.9.9' } })
})

t.test('a second outage is recovered from as the first', async t => {
  const world = new MembershipWorld()
  const { service } = await world.started(1)
  for (const recoveries of [1, 2]) {
    world.network.sendError = ENETUNREACH
    await world.clock.advance(12_000)
    world.network.sendError = undefined
    await world.clock.advance(6000)
    t.match(service.stats, { recoveries, errors: 10 * recoveries })
  }
})

t.test('a service that is stopped while it recovers leaves no socket and no timer', async t => {
  const world = new MembershipWorld()
  const { service } = await world.started(1)
  world.network.sendError = ENETUNREACH
  await world.clock.advance(12_000)
  await service.stop()
  t.equal(world.network.sockets.size, 0)
  t.equal(world.clock.pendingTimers, 0)
  const joinsBefore = world.network.joins.length
  world.network.sendError = undefined
  await world.clock.advance(20_000)
  t.equal(world.network.joins.length, joinsBefore)
})

t.test('without recovery every heartbeat is tried on the same socket', async t => {
  const world = new MembershipWorld()
  const { service, logger } = await world.started(1, { recoveryEnabled: false })
  world.network.sendError = ENETUNREACH
  await world.clock.advance(30_000)
  t.ok(service.stats.errors > 50)
  t.equal(logger.lines.filter(line => line.startsWith('warn')).length, 1)
  t.equal(world.network.joins.length, 1)
  world.network.sendError = undefined
  await world.clock.advance(600)
  t.ok(service.stats.sent >= 2)
})

t.test('two services recover independently', async t => {
  const world = new MembershipWorld()
  const [a, b] = [await world.started(1, { recoveryCounter: 2 }), await world.started(2, { recoveryCounter: 20 })]
  world.network.sendError = ENETUNREACH
  await world.clock.advance(3000)
  t.ok(a.logger.has('running recovery'))
  t.notOk(b.logger.has('running recovery'))
})
