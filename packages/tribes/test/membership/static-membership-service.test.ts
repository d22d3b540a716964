import t from 'tap'
import { StaticMembershipService } from '../../src/membership/static-membership-service.js'
import { GroupLog } from '../support/group-log.js'
import { MembershipNetwork } from '../support/membership-network.js'
import { Reports } from '../support/membership-world.js'
import { VirtualClock } from '../support/virtual-clock.js'

function world(members: readonly string[], options = {}) {
  const clock = new VirtualClock()
  const network = new MembershipNetwork(clock)
  const listener = new Reports()
  const logger = new GroupLog()
  const service = new StaticMembershipService({ clock, network, listener, logger }, { members, ...options })
  return { clock, network, listener, logger, service, take: () => listener.found.splice(0) }
}

t.test('every address of every name is reported at the start, and again every resolveInterval', async t => {
  const { clock, network, service, take } = world(['10.0.0.3:4001', 'app', '[fd00::3]:4002'])
  network.names.set('app', ['10.0.0.4', '10.0.0.5'])
  await service.start()
  const all = ['10.0.0.3 4001', '10.0.0.4 4000', '10.0.0.5 4000', 'fd00::3 4002']
  t.strictSame(take().sort(), all)
  await clock.advance(4999)
  t.strictSame(take(), [])
  network.names.set('app', ['10.0.0.5', '10.0.0.6'])
  await clock.advance(1)
  t.strictSame(take().sort(), ['10.0.0.3 4001', '10.0.0.5 4000', '10.0.0.6 4000', 'fd00::3 4002'])
})

t.test('a failed look-up keeps the previous result and costs one warning per outage', async t => {
  const { clock, network, service, logger, take } = world(['app:4000'])
  network.names.set('app', ['10.0.0.4'])
  await service.start()
  take()
  for (const failure of [new Error('getaddrinfo EAI_AGAIN app'), []] as const) {
    network.names.set('app', failure)
    await clock.advance(20_000)
    t.strictSame(take(), Array(4).fill('10.0.0.4 4000'))
    network.names.set('app', ['10.0.0.5'])
    await clock.advance(5000)
    t.strictSame(take(), ['10.0.0.5 4000'])
    network.names.set('app', ['10.0.0.4'])
    await clock.advance(5000)
    take()
  }
  t.equal(logger.lines.length, 4)
  t.match(logger.lines[0], /^warn app:4000 in membership.members cannot be looked up; its last 1 addresses stay in use/)
  t.equal(logger.lines[1], 'info app:4000 can be looked up again.')
})

t.test('a name that never resolved is warned about once and found later', async t => {
  const { clock, network, service, logger, take } = world(['app'])
  await service.start()
  await clock.advance(10_000)
  t.match(logger.lines, [/nobody is found there/])
  network.names.set('app', ['10.0.0.4'])
  await clock.advance(5000)
  t.strictSame(take(), ['10.0.0.4 4000'])
})

t.test('a name server that does not answer holds up neither the start nor the other names', async t => {
  const { clock, network, service, take } = world(['slow', '10.0.0.3'], { resolveInterval: 1000 })
  const resolve = network.resolve.bind(network)
  let questions = 0
  network.resolve = host => {
    if (host !== 'slow') return resolve(host)
    questions++
    return new Promise(() => {})
  }
  await clock.until(service.start())
  t.equal(clock.now(), 1000)
  await clock.advance(3000)
  t.strictSame(take(), Array(5).fill('10.0.0.3 4000'))
  t.equal(questions, 1, 'one question at a time')
})

t.test('start is idempotent; after stop nothing is looked up or reported', async t => {
  const { clock, network, service, take } = world(['10.0.0.3'])
  await Promise.all([service.start(), service.start()])
  t.strictSame(take(), ['10.0.0.3 4000'])
  await service.stop()
  await service.stop()
  const lookupsBefore = network.lookups
  await clock.advance(20_000)
  t.strictSame([take(), network.lookups], [[], lookupsBefore])
  await service.start()
  t.strictSame(take(), ['10.0.0.3 4000'])
})

t.test('what is not an address is refused at once', async t => {
  t.throws(() => world(['app:http']), { code: 'TRIBES_BAD_MEMBER_ADDRESS', given: 'app:http' })
  t.throws(() => world(['app'], { resolveInterval: 0 }), { code: 'TRIBES_BAD_MEMBERSHIP_OPTION' })
})
