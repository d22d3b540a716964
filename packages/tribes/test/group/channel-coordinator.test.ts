import t from 'tap'
import type { Above } from '../../src/channel-interceptor.js'
import { USE_ACK } from '../../src/channel-message.js'
import { Delivery } from '../../src/delivery.js'
import { ChannelCoordinator } from '../../src/group/channel-coordinator.js'
import { type Member, member } from '../../src/member.js'
import type { Address } from '../../src/ports/network.js'
import { UNIQUE_ID_BYTES } from '../../src/unique-id.js'
import { Dice } from '../support/dice.js'
import { testMember } from '../support/group-bottom.js'
import { GroupLog } from '../support/group-log.js'
import { GroupService, GroupTransport } from '../support/group-transport.js'
import { VirtualClock } from '../support/virtual-clock.js'

const cat = testMember('cat', 2)
const dog = testMember('dog', 3)
const fox = testMember('fox', 4)
const successor = { ...testMember('cat', 9), host: cat.host }
function numbered(n: number): Member {
  const uniqueId = new Uint8Array(UNIQUE_ID_BYTES)
  new DataView(uniqueId.buffer).setUint32(0, n)
  return member({ ...cat, uniqueId, host: `10.1.${n >> 8}.${n & 255}` })
}
const ignoreAll: Above = {
  messageReceived() {},
  memberAdded() {},
  memberDisappeared() {},
  memberSuspected() {},
  memberCaughtUp() {},
  incarnationChanged() {},
}
const TIMEOUTS = { connectTimeoutMs: 1, readTestTimeoutMs: 1, performReadTest: true }

function coordinatorOf() {
  const calls: string[] = []
  const events: string[] = []
  const clock = new VirtualClock()
  const logger = new GroupLog()
  const transport = new GroupTransport(calls)
  const service = new GroupService(calls)
  const coordinator = new ChannelCoordinator(
    {
      clock,
      logger,
      random: new Dice(1),
      transport: context => {
        transport.context = context
        return transport
      },
      membershipServices: [
        context => {
          service.context = context
          return service
        },
      ],
    },
    { clusterName: 'cats', domain: 'd' },
  )
  const above: Above = {
    messageReceived: m => void events.push(`message ${m.source.name}`),
    memberAdded: m => void events.push(`added ${m.name}${m.id.slice(0, 2)}`),
    memberDisappeared: m => void events.push(`disappeared ${m.name}${m.id.slice(0, 2)}`),
    memberSuspected: (m, suspicion) => void events.push(`suspected ${m.name} ${suspicion}`),
    memberCaughtUp: m => void events.push(`caught up ${m.name}`),
    incarnationChanged: (local, previous) => void events.push(`changed ${previous.port} ${local.port}`),
  }
  coordinator.connect(above)
  return { calls, events, clock, logger, transport, service, coordinator }
}

async function started() {
  const parts = coordinatorOf()
  await parts.coordinator.start()
  parts.calls.length = 0
  return parts
}

t.test(
  'starts the receiver, then the sender, then membership; stops the sender first, so that no goodbye overtakes what is queued',
  async t => {
    const { coordinator, calls } = coordinatorOf()
    await coordinator.start()
    await coordinator.stop()
    await coordinator.stop()
    t.strictSame(calls, [
      ...['start receiver', 'start sender', 'start membership 10.0.0.1:4000'],
      ...['stop sender', 'stop membership', 'stop sender', 'stop receiver'],
    ])
  },
)

t.test('the membership services go on until the sender has sent what is queued', async t => {
  const { coordinator, calls, clock, transport } = await started()
  let drained!: () => void
  transport.stop = () => new Promise<void>(resolve => (drained = resolve))
  const stopping = coordinator.stop()
  await clock.advance(100)
  t.strictSame(calls, [])
  transport.stop = async () => {}
  drained()
  await stopping
  t.strictSame(calls, ['stop membership', 'stop receiver'])
})

t.test('a half start is undone, and its reason comes out', async t => {
  const { coordinator, calls, service, clock } = coordinatorOf()
  service.startFailure = new Error('no multicast')
  await t.rejects(coordinator.start(), { message: 'no multicast' })
  t.strictSame(calls.slice(-2), ['stop sender', 'stop receiver'])
  t.equal(coordinator.localMember, undefined)
  t.equal(clock.pendingTimers, 0)
})

t.test('the local member has the bound address, an id of its own per start, and grows older', async t => {
  const { coordinator, transport, clock } = coordinatorOf()
  await coordinator.start()
  const first = coordinator.localMember!
  t.match(first, { host: '10.0.0.1', port: 4000, name: '10.0.0.1:4000', domain: 'd', aliveMs: 0 })
  await clock.advance(70)
  t.equal(transport.context.localMember()?.aliveMs, 70)
  await coordinator.stop()
  t.equal(transport.context.localMember(), undefined)
  await coordinator.start()
  t.not(coordinator.localMember!.id, first.id)
})

t.test('a member that connects, or speaks, is added once; what it announces then is a sign of life', async t => {
  for (const meet of ['memberConnected', 'memberHeard'] as const) {
    const { coordinator, events } = await started()
    coordinator[meet](cat)
    t.strictSame(events, ['added cat02'], meet)
    coordinator.memberAnnounced(cat)
    coordinator.memberHeard(cat)
    t.strictSame(events, ['added cat02'], meet)
    coordinator.memberConnected(cat)
    t.strictSame(events.slice(1), ['added cat02'], 'told again, because it can be asked now')
  }
})

t.test(
  'a heartbeat makes nobody a member: whoever announces itself is dialled, and asked if it is connected',
  async t => {
    const { coordinator, calls, clock, events, logger, transport } = await started()
    transport.reachable.set(`${cat.host}:4000`, cat)
    transport.connected.add('cat')
    coordinator.memberAnnounced(cat)
    await clock.advance(1)
    t.strictSame([calls, events, coordinator.heardMembers], [[`dial ${cat.host}:4000`, 'poke cat'], [], 1])
    t.strictSame(logger.lines, [])
    coordinator.memberHeard(cat)
    t.strictSame([events, coordinator.heardMembers], [['added cat02'], 1])
  },
)

t.test(
  'who never was there, or is there no more, is dialled once for each second in which it is announced',
  async t => {
    const { coordinator, calls, clock, events, logger } = await started()
    coordinator.memberAnnounced(cat)
    coordinator.memberAnnounced(cat)
    await clock.advance(4000)
    t.strictSame(
      [calls, events, logger.lines.filter(line => !line.startsWith('debug'))],
      [[`dial ${cat.host}:4000`], [], []],
    )
    t.equal(coordinator.heardMembers, 0)
    for (let aliveMs = 1; aliveMs <= 10_000; aliveMs++) {
      coordinator.memberAnnounced({ ...cat, aliveMs })
      await clock.advance(1)
    }
    t.equal(calls.length, 11)
    t.strictSame(events, [])
    const told = logger.lines.filter(line => !line.startsWith('debug'))
    t.match(told, [/^warn A member announces itself but cannot be reached over TCP, so it is not added:\[cat /])
    t.equal(told.length, 1)
  },
)

t.test('however many are announced, sixteen are dialled at once and a thousand remembered', async t => {
  const { coordinator, calls, clock, transport } = await started()
  transport.isSlow = true
  for (let n = 0; n < 3000; n++) coordinator.memberAnnounced(numbered(n))
  t.equal(calls.length, 16)
  t.equal(coordinator.heardMembers, 1024)
  await clock.advance(3001)
  t.equal(coordinator.heardMembers, 0)
})

t.test('this process is never a member of its own group', async t => {
  const { coordinator, events } = await started()
  const self = coordinator.localMember!
  coordinator.memberAnnounced(self)
  coordinator.memberHeard(self)
  coordinator.memberLeft(self)
  t.strictSame(events, [])
})

t.test('a goodbye is final: a heartbeat that was still on its way brings nobody back', async t => {
  const { coordinator, events, calls } = await started()
  coordinator.memberConnected(cat)
  coordinator.memberLeft(cat)
  coordinator.memberLeft(cat)
  coordinator.memberAnnounced(cat)
  coordinator.memberHeard(cat)
  t.strictSame(events, ['added cat02', 'disappeared cat02'])
  t.strictSame(calls, ['forget cat'])
  coordinator.memberAnnounced(dog)
  coordinator.exclude(dog, new Error('lost'))
  t.strictSame(
    [cat, dog].map(({ id }) => coordinator.hasSaidGoodbye(id)),
    [true, false],
  )
})

t.test(
  'another process at the address of a known member makes that one a suspect, and waits until it is excluded',
  async t => {
    const { coordinator, events } = await started()
    coordinator.memberConnected(cat)
    coordinator.memberAnnounced(successor)
    t.strictSame(events, ['added cat02', 'suspected cat address-taken'])
    coordinator.memberConnected(successor)
    t.strictSame(events.slice(2), ['suspected cat address-taken'])
    coordinator.exclude(cat, new Error('another incarnation answers'))
    t.strictSame(events.slice(3), ['added cat09'], 'though it says nothing any more: somebody must notice its death')
    coordinator.memberHeard(successor)
    t.equal(events.length, 4)
  },
)

t.test('who has waited for an address and is not connected any more does not get it', async t => {
  const { coordinator, events } = await started()
  coordinator.memberConnected(cat)
  coordinator.memberConnected(successor)
  coordinator.memberDisconnected(successor, new Error('reset'))
  coordinator.exclude(cat, new Error('nobody is there'))
  t.strictSame(events, ['added cat02', 'suspected cat address-taken'])
})

t.test(
  'nor does who has left it, has dropped us, or was connected with an incarnation that we have given up',
  async t => {
    const gone: ((coordinator: ChannelCoordinator) => void)[] = [
      coordinator => coordinator.memberLeft(successor),
      coordinator => coordinator.memberExpelledUs(successor),
      coordinator => coordinator.incarnationTaken(),
    ]
    for (const [i, goes] of gone.entries()) {
      const { coordinator, events, clock } = await started()
      coordinator.memberConnected(cat)
      coordinator.memberConnected(successor)
      goes(coordinator)
      await clock.advance(60_001)
      coordinator.memberLeft(fox)
      coordinator.exclude(cat, new Error('nobody is there'))
      t.notOk(events.includes('added cat09'), `${i}`)
    }
  },
)

t.test('of two that wait for an address the first gets it, and is asked in its turn', async t => {
  const { coordinator, events } = await started()
  const third = member({ ...successor, uniqueId: new Uint8Array(16).fill(10) })
  for (const one of [cat, successor, third]) coordinator.memberConnected(one)
  coordinator.exclude(cat, new Error('another incarnation answers'))
  t.strictSame(events.slice(3), ['added cat09'])
  coordinator.exclude(successor, new Error('it died meanwhile'))
  t.strictSame(events.slice(4), ['added cat0a'])
})

t.test('a goodbye makes room for who has waited for the address', async t => {
  const { coordinator, events } = await started()
  coordinator.memberConnected(cat)
  coordinator.memberConnected(successor)
  coordinator.memberLeft(cat)
  t.strictSame(events.slice(2), ['disappeared cat02', 'added cat09'])
})

t.test('a suspect that is given up on the spot makes room for the newcomer at once', async t => {
  const { coordinator, events } = await started()
  coordinator.memberConnected(cat)
  coordinator.connect({
    ...ignoreAll,
    memberSuspected: m => coordinator.exclude(m, new Error('never reached')),
    memberAdded: m => void events.push(`added ${m.name}${m.id.slice(0, 2)}`),
  })
  coordinator.memberConnected(successor)
  t.strictSame(events, ['added cat02', 'added cat09'])
})

t.test('a closed connection makes a suspect, unless the member is not on the list', async t => {
  const { coordinator, events } = await started()
  coordinator.memberDisconnected(cat, new Error('reset'))
  coordinator.memberConnected(cat)
  coordinator.memberDisconnected(cat, new Error('reset'))
  t.strictSame(events, ['added cat02', 'suspected cat connection-closed'])
})

t.test('that a member has caught up is told to the layers above', async t => {
  const { coordinator, events } = await started()
  coordinator.memberCaughtUp(cat)
  t.strictSame(events, ['caught up cat'])
})

t.test('a quiet member that answers is never suspected; one that does not is suspected, then lost', async t => {
  const { coordinator, events, clock, transport, calls } = await started()
  transport.answering.add('cat')
  transport.connected.add('cat')
  coordinator.memberConnected(cat)
  await clock.advance(20_000)
  t.strictSame(events, ['added cat02'])
  t.ok(calls.filter(call => call === 'poke cat').length <= 40, 'twice a second')
  transport.answering.clear()
  await clock.advance(1200)
  t.strictSame(events, ['added cat02'])
  await clock.advance(800)
  t.equal(events.at(-1), 'suspected cat silent')
  await clock.advance(700)
  t.equal(events.at(-1), 'suspected cat lost')
})

t.test('a member without a connection is asked over a new one, but a lost heartbeat or two are no reason', async t => {
  const { coordinator, events, clock, transport, calls } = await started()
  transport.answering.add('cat')
  coordinator.memberConnected(cat)
  await clock.advance(990)
  t.strictSame(calls, [])
  await clock.advance(10_000)
  t.strictSame(events, ['added cat02'])
  const asked = calls.filter(call => call === 'ask cat').length
  t.ok(asked >= 5 && asked <= 10, `${asked} times: once a second`)
})

t.test('a process that stood still asks everybody, accuses nobody for a second, then grants more time', async t => {
  const { coordinator, events, clock, transport, calls } = await started()
  transport.connected.add('cat')
  transport.answering.add('cat')
  coordinator.memberConnected(cat)
  await clock.advance(2000)
  transport.answering.clear()
  await clock.advance(1000)
  clock.stall(2000)
  calls.length = 0
  events.length = 0
  await clock.advance(999)
  t.ok(calls.includes('poke cat'))
  t.strictSame(events, [])
  await clock.advance(1500)
  t.notOk(events.includes('suspected cat lost'), 'not after 3.5 s of silence either')
  t.equal(coordinator.stats.stalls, 1)
  transport.answering.add('cat')
  await clock.advance(1000)
  events.length = 0
  await clock.advance(10_000)
  t.strictSame(events, [])
})

t.test('whoever is silent is doubted: every other member is asked, and what it heard grants time', async t => {
  const { coordinator, events, clock, transport } = await started()
  transport.connected.add('cat').add('dog')
  transport.answering.add('dog')
  coordinator.memberConnected(cat)
  coordinator.memberConnected(dog)
  await clock.advance(1900)
  t.strictSame(transport.told.at(-1), { to: 'dog', frame: { type: 'doubt', uniqueId: cat.uniqueId } })
  for (let i = 0; i < 20; i++) {
    coordinator.groupFrameReceived(dog, { type: 'vouch', uniqueId: cat.uniqueId, ageMs: 10 })
    await clock.advance(100)
  }
  t.notOk(events.includes('suspected cat lost'))
  await clock.advance(1000)
  t.equal(events.at(-1), 'suspected cat unreachable')
  t.ok(coordinator.stats.vouches > 10)
})

t.test('a doubt is answered with how long ago the member was heard, if it is known here', async t => {
  const { coordinator, clock, transport } = await started()
  coordinator.memberConnected(cat)
  await clock.advance(40)
  coordinator.groupFrameReceived(dog, { type: 'doubt', uniqueId: cat.uniqueId })
  coordinator.groupFrameReceived(dog, { type: 'doubt', uniqueId: dog.uniqueId })
  t.strictSame(transport.told, [{ to: 'dog', frame: { type: 'vouch', uniqueId: cat.uniqueId, ageMs: 40 } }])
})

t.test('nobody vouches for a member that this process itself has heard later', async t => {
  const { coordinator, clock } = await started()
  coordinator.memberConnected(cat)
  await clock.advance(40)
  coordinator.groupFrameReceived(dog, { type: 'vouch', uniqueId: cat.uniqueId, ageMs: 40 })
  t.equal(coordinator.stats.vouches, 0)
  coordinator.groupFrameReceived(dog, { type: 'vouch', uniqueId: cat.uniqueId, ageMs: 39 })
  t.equal(coordinator.stats.vouches, 1)
})

t.test('a vouch grants time from when the other one heard the member, however late it comes', async t => {
  const { coordinator, events, clock, transport } = await started()
  transport.connected.add('cat').add('dog')
  transport.answering.add('dog')
  coordinator.memberConnected(cat)
  coordinator.memberConnected(dog)
  await clock.advance(1000)
  for (let ageMs = 0; ageMs < 2500; ageMs += 100) {
    coordinator.groupFrameReceived(dog, { type: 'vouch', uniqueId: cat.uniqueId, ageMs })
    await clock.advance(100)
  }
  t.ok(events.includes('suspected cat lost'))
})

t.test('a member with another list is told ours, and whom it names is dialled, unless known or gone', async t => {
  const { coordinator, clock, transport, calls } = await started()
  coordinator.memberConnected(cat)
  coordinator.memberLeft(fox)
  coordinator.viewSeen(cat, transport.context.view())
  t.strictSame(transport.told, [], 'the same list')
  coordinator.viewSeen(cat, 1)
  coordinator.viewSeen(cat, 1)
  const [told] = transport.told
  t.equal(transport.told.length, 1, 'not at every PING')
  t.match(told, { to: 'cat', frame: { type: 'members', members: [{ host: '10.0.0.1' }, { host: cat.host }] } })
  const named = [cat, dog, fox, coordinator.localMember!]
  coordinator.groupFrameReceived(cat, { type: 'members', members: named })
  await clock.advance(5000)
  t.strictSame(
    [...new Set(calls)].filter(call => call.startsWith('dial')),
    [`dial ${dog.host}:4000`],
  )
  t.ok(calls.filter(call => call.startsWith('dial')).length <= 5, 'once a second')
})

t.test('a member that was excluded is looked for, and found without any heartbeat', async t => {
  const { coordinator, clock, transport, calls } = await started()
  coordinator.memberConnected(cat)
  coordinator.exclude(cat, new Error('lost'))
  await clock.advance(600_000)
  const dials = calls.filter(call => call.startsWith('dial')).length
  t.ok(dials > 100 && dials < 200, `${dials} in ten minutes: every second, then every five`)
  t.equal(coordinator.stats.missing, 1)
  transport.reachable.set(`${cat.host}:4000`, cat)
  coordinator.memberConnected(cat)
  await clock.advance(1000)
  t.equal(coordinator.stats.missing, 0)
})

t.test('whoever was excluded and then says goodbye is not looked for any more', async t => {
  const { coordinator, clock, calls } = await started()
  coordinator.memberConnected(cat)
  coordinator.exclude(cat, new Error('lost'))
  coordinator.memberLeft(cat)
  t.equal(coordinator.stats.missing, 0)
  await clock.advance(5000)
  t.strictSame(calls, ['expel cat'])
})

t.test(
  'somebody whom others see, or who announces itself after it was lost, is hidden as long as it is told of',
  async t => {
    const { coordinator, clock } = await started()
    coordinator.memberConnected(cat)
    t.strictSame(coordinator.hiddenMembers, [])
    coordinator.groupFrameReceived(cat, { type: 'members', members: [cat, dog] })
    t.strictSame(coordinator.hiddenMembers, [dog.id])
    await clock.advance(6000)
    t.strictSame(coordinator.hiddenMembers, [], 'nobody speaks of it any more')
    coordinator.exclude(cat, new Error('lost'))
    t.strictSame(coordinator.hiddenMembers, [], 'lost is not hidden')
    coordinator.memberConnected(cat)
    coordinator.exclude(cat, new Error('does not answer'))
    t.strictSame(coordinator.hiddenMembers, [cat.id], 'it is there, and does not answer')
  },
)

t.test('a member that says it dropped us is asked, and has a second to answer', async t => {
  const { coordinator, events, clock, transport } = await started()
  coordinator.memberConnected(cat)
  coordinator.memberExpelledUs(cat)
  t.equal(events.at(-1), 'suspected cat connection-closed')
  for (let i = 1; i < 12; i++) {
    coordinator.memberAnnounced({ ...cat, aliveMs: i })
    await clock.advance(100)
  }
  t.equal(events.at(-1), 'suspected cat unreachable', 'its heartbeats do not help')
  coordinator.memberExpelledUs(cat)
  transport.answering.add('cat')
  await coordinator.ask(cat, TIMEOUTS)
  const before = events.length
  await clock.advance(900)
  t.strictSame(events.slice(before), [])
})

t.test(
  'the same incarnation at another address: this process takes a new one, and looks for its twin to tell it',
  async t => {
    const { coordinator, events, calls, transport, clock } = await started()
    coordinator.memberConnected(cat)
    events.length = 0
    const before = coordinator.localMember!
    const view = transport.context.view()
    coordinator.memberAnnounced(before)
    t.equal(coordinator.localMember, before, 'our own words')
    coordinator.memberAnnounced({ ...before, host: '10.0.0.0' })
    const local = coordinator.localMember!
    t.not(local.id, before.id)
    t.strictSame({ ...local, id: '', uniqueId: '' }, { ...before, id: '', uniqueId: '' })
    t.strictSame(events, ['changed 4000 4000', 'suspected cat connection-closed'])
    t.strictSame(
      calls,
      ['forget all TRIBES_INCARNATION_CHANGED', `changed ${local.id.slice(0, 2)}`],
      'nobody is told goodbye',
    )
    t.not(transport.context.view(), view)
    await clock.advance(520)
    t.ok(calls.includes('dial 10.0.0.0:4000'))
    coordinator.memberConnected({ ...before, host: '10.0.0.0' })
    t.equal(events.at(-1), 'added 10.0.0.1:4000'.concat(before.id.slice(0, 2)), 'a stranger from now on')
  },
)

t.test('a process whose host has another address is another incarnation there', async t => {
  const { coordinator, events, calls, transport, clock } = await started()
  coordinator.memberConnected(cat)
  events.length = 0
  const before = coordinator.localMember!
  transport.newAddress = { host: '10.0.0.7', port: 4001 }
  await clock.advance(600)
  const local = coordinator.localMember!
  t.not(local.id, before.id)
  t.match(local, { host: '10.0.0.7', port: 4001, name: '10.0.0.7:4001', domain: 'd' })
  t.ok(calls.includes('forget all TRIBES_INCARNATION_CHANGED'))
  t.equal(calls.filter(call => call.startsWith('changed')).length, 1, 'and only once')
  t.strictSame(events.slice(0, 2), ['changed 4000 4001', 'suspected cat connection-closed'])
  const { uniqueId, host, port } = before
  coordinator.groupFrameReceived(cat, { type: 'members', members: [{ uniqueId, host, port }] })
  coordinator.memberAnnounced(before)
  await clock.advance(1_000)
  t.notOk(calls.includes('dial 10.0.0.1:4000'), 'nobody is at the former one')
  t.notOk(events.some(event => event.startsWith('added')))
})

t.test('who finds itself at another address while it stops says goodbye as whom the others know', async t => {
  const { coordinator, calls, events, clock, transport } = await started()
  coordinator.memberConnected(cat)
  const { id } = coordinator.localMember!
  let moved!: (address: Address) => void
  transport.newAddress = new Promise<Address>(resolve => (moved = resolve))
  await clock.advance(1000)
  let drained!: () => void
  transport.stop = () => new Promise<void>(resolve => (drained = resolve))
  const stopping = coordinator.stop()
  moved({ host: '10.0.0.7', port: 4000 })
  await clock.advance(100)
  t.equal(coordinator.localMember!.id, id)
  t.notOk(events.some(event => event.startsWith('changed')) || calls.some(call => call.startsWith('forget all')))
  transport.stop = async () => {}
  drained()
  await stopping
})

t.test('a twin is also found by what members say of us, and by a refused dial', async t => {
  const { coordinator, events } = await started()
  const { uniqueId, host, port } = coordinator.localMember!
  coordinator.groupFrameReceived(cat, { type: 'members', members: [{ uniqueId, host, port }] })
  t.strictSame(events, [])
  coordinator.groupFrameReceived(cat, { type: 'members', members: [{ uniqueId, host, port: 3999 }] })
  t.equal(events.length, 1)
  coordinator.incarnationTaken()
  t.equal(events.length, 2)
})

t.test('an excluded member is forgotten, and is new when it announces itself again', async t => {
  const { coordinator, events, calls } = await started()
  coordinator.memberConnected(cat)
  coordinator.exclude(cat, new Error('dead'))
  coordinator.memberDisconnected(cat, new Error('closed by us'))
  coordinator.memberConnected(cat)
  t.strictSame(events, ['added cat02', 'added cat02'])
  t.strictSame(calls, ['expel cat'])
})

t.test('an answer to a question counts as life', async t => {
  const { coordinator, events, clock, transport } = await started()
  transport.connected.add('cat')
  coordinator.memberConnected(cat)
  await clock.advance(1400)
  transport.answering.add('cat')
  await coordinator.ask(cat, TIMEOUTS)
  transport.answering.clear()
  await clock.advance(1400)
  t.strictSame(events, ['added cat02'])
})

t.test('an address is dialled until somebody answers there, one dial at a time, with one line in the log', async t => {
  const { coordinator, calls, clock, transport, logger } = await started()
  const find = async () => {
    coordinator.addressFound({ host: 'seed', port: 4000 })
    coordinator.addressFound({ host: 'seed', port: 4000 })
    await clock.advance(0)
  }
  await find()
  await find()
  t.strictSame(calls, ['dial seed:4000', 'dial seed:4000'])
  t.equal(logger.lines.filter(line => line.includes('Nobody answers at seed:4000')).length, 1)

  transport.reachable.set('seed:4000', cat)
  coordinator.memberConnected(cat)
  await find()
  await find()
  t.equal(calls.length, 3, 'the advertised address is another, but who answered is known')

  coordinator.memberLeft(cat)
  await find()
  t.equal(calls.at(-1), 'dial seed:4000')
})

t.test('neither a known member nor this process is dialled again', async t => {
  const { coordinator, calls, clock, transport } = await started()
  coordinator.memberConnected(cat)
  coordinator.addressFound({ host: cat.host, port: cat.port })
  transport.reachable.set('me:4000', coordinator.localMember!)
  for (let i = 0; i < 3; i++) {
    coordinator.addressFound({ host: 'me', port: 4000 })
    await clock.advance(0)
  }
  t.strictSame(calls, ['dial me:4000'])
})

t.test('after stop everything that still comes up or down ends here', async t => {
  const { coordinator, events } = await started()
  await coordinator.stop()
  coordinator.memberConnected(cat)
  coordinator.memberLeft(cat)
  coordinator.memberDisconnected(cat, new Error('late'))
  coordinator.addressFound({ host: 'x', port: 1 })
  await t.rejects(coordinator.ask(cat, TIMEOUTS), { code: 'TRIBES_CHANNEL_STOPPED' })
  const delivery = new Delivery([cat])
  coordinator.sendMessage({ number: 1, options: USE_ACK, body: new Uint8Array(0), source: cat }, delivery)
  t.match(delivery.faulty, [{ cause: { code: 'TRIBES_CHANNEL_STOPPED' } }])
  t.strictSame(events, [])
})

t.test('of the addresses at which nobody or somebody answered the last thousand are remembered', async t => {
  const { coordinator, clock, transport, logger, calls } = await started()
  const find = async (port: number) => {
    coordinator.addressFound({ host: 'seed', port })
    await clock.advance(0)
  }
  transport.reachable.set('seed:1', coordinator.localMember!)
  for (let port = 1; port <= 1100; port++) await find(port)
  for (const port of [1, 2, 1100]) await find(port)
  const lines = (port: number) => logger.lines.filter(line => line.includes(`Nobody answers at seed:${port} `)).length
  t.strictSame([lines(2), lines(1100)], [2, 1])
  t.equal(calls.filter(call => call === 'dial seed:1').length, 1, 'only one has answered')
  for (let port = 1; port <= 1100; port++) transport.reachable.set(`seed:${port}`, coordinator.localMember!)
  for (let port = 1; port <= 1100; port++) await find(port)
  await find(1)
  t.equal(calls.filter(call => call === 'dial seed:1').length, 2)
})
