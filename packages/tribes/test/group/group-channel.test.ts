import t from 'tap'
import { ChannelInterceptor } from '../../src/channel-interceptor.js'
import { type ChannelMessage, SYNCHRONIZED_ACK, USE_ACK } from '../../src/channel-message.js'
import { SendFailedError } from '../../src/errors.js'
import { GroupChannel, type GroupChannelOptions } from '../../src/group/group-channel.js'
import { uniqueIdText } from '../../src/unique-id.js'
import { Dice } from '../support/dice.js'
import { GroupBottom, testMember } from '../support/group-bottom.js'
import { GroupLog } from '../support/group-log.js'
import { VirtualClock } from '../support/virtual-clock.js'

const cat = testMember('cat', 2, 100)
const dog = testMember('dog', 3, 9000)
const HELLO = Buffer.from('hello')

class Flagged extends ChannelInterceptor {
  readonly #flag: number
  constructor(flag: number) {
    super()
    this.#flag = flag
  }
  override get optionFlag(): number {
    return this.#flag
  }
}

class Recorder extends ChannelInterceptor {
  readonly #name: string
  readonly #calls: string[]
  constructor(name: string, calls: string[]) {
    super()
    this.#name = name
    this.#calls = calls
  }
  override async start(): Promise<void> {
    this.#calls.push(`start ${this.#name}`)
  }
  override async stop(): Promise<void> {
    this.#calls.push(`stop ${this.#name}`)
  }
  override heartbeat(): void {
    this.#calls.push(`heartbeat ${this.#name}`)
  }
  override messageReceived(message: ChannelMessage): void | Promise<void> {
    this.#calls.push(`up ${this.#name}`)
    return this.above.messageReceived(message)
  }
}

function channelOf(options: GroupChannelOptions = {}) {
  const clock = new VirtualClock()
  const logger = new GroupLog()
  const bottom = new GroupBottom()
  const channel = new GroupChannel({ clock, logger, random: new Dice(1), coordinator: bottom }, options)
  const receive = (text: string) =>
    bottom.above.messageReceived({ number: 1, options: USE_ACK, body: Buffer.from(text), source: cat })
  return { clock, logger, bottom, channel, receive }
}

t.test('two interceptors that share an option bit are refused at start, and nothing is left running', async t => {
  const clash = channelOf({ interceptors: [new Flagged(0x80), new Flagged(0xc0)] })
  await t.rejects(clash.channel.start(), { code: 'TRIBES_OPTION_FLAG_CLASH', message: /0x80/ })
  t.strictSame(clash.bottom.calls, [])
  const fine = channelOf({ interceptors: [new Flagged(0x80), new Flagged(0x40), new Flagged(0x100), new Flagged(0)] })
  await fine.channel.start()
})

t.test('start and stop are idempotent, also when their calls overlap', async t => {
  const { channel, bottom } = channelOf()
  await Promise.all([channel.start(), channel.start(), channel.stop(), channel.stop(), channel.start()])
  t.strictSame(bottom.calls, ['start', 'stop', 'start'])
  await channel.stop()
})

t.test('the coordinator starts last and stops last; what comes up passes the layers from the bottom', async t => {
  const calls: string[] = []
  const { channel, bottom, receive, clock } = channelOf({
    interceptors: [new Recorder('top', calls), new Recorder('low', calls)],
  })
  bottom.start = async () => void calls.push('start bottom')
  bottom.stop = async () => void calls.push('stop bottom')
  await channel.start()
  receive('x')
  await clock.advance(5000)
  await channel.stop()
  await clock.advance(5000)
  t.strictSame(calls, [
    ...['start low', 'start top', 'start bottom'],
    ...['up low', 'up top'],
    ...['heartbeat top', 'heartbeat low'],
    ...['stop top', 'stop low', 'stop bottom'],
  ])
})

t.test('a start that fails half-way stops what had started', async t => {
  const calls: string[] = []
  const { channel, bottom } = channelOf({ interceptors: [new Recorder('one', calls)] })
  bottom.startFailure = new Error('no port')
  await t.rejects(channel.start(), { message: 'no port' })
  t.strictSame(calls, ['start one', 'stop one'])
  await t.rejects(channel.send([cat], HELLO), { code: 'TRIBES_CHANNEL_STOPPED' })
})

t.test('members are listed oldest first, and their coming and going is told once', async t => {
  const { channel, bottom, logger } = channelOf()
  const events: string[] = []
  channel.addMembershipListener({
    memberAdded: m => void events.push(`added ${m.name}`),
    memberDisappeared: m => void events.push(`disappeared ${m.name}`),
    memberCaughtUp: m => void events.push(`caught up ${m.name}`),
  })
  await channel.start()
  t.notOk(channel.hasMembers())
  for (const member of [cat, dog, cat]) bottom.above.memberAdded(member)
  t.strictSame(channel.members(), [dog, cat])
  bottom.above.memberCaughtUp(cat)
  bottom.above.memberDisappeared(cat)
  bottom.above.memberDisappeared(cat)
  t.strictSame(events, ['added cat', 'added dog', 'caught up cat', 'disappeared cat'])
  t.ok(logger.has('info Replication member added:[dog tcp://10.0.0.3:4000]'))
  t.ok(logger.has('info Received member disappeared:[cat tcp://10.0.0.2:4000]'))
  await channel.stop()
  t.strictSame(channel.members(), [])
})

t.test(
  'without a failure detector a member that is lost is gone, and one whose address is taken; a closed connection means nothing',
  async t => {
    const { channel, bottom } = channelOf()
    await channel.start()
    bottom.above.memberAdded(cat)
    for (const doubt of ['connection-closed', 'silent', 'unreachable'] as const)
      bottom.above.memberSuspected(cat, doubt)
    t.strictSame(channel.members(), [cat])
    bottom.above.memberSuspected(cat, 'lost')
    t.strictSame(channel.members(), [])
    t.match(bottom.excluded, [{ member: cat, reason: { code: 'TRIBES_MEMBER_GONE' } }])
    bottom.above.memberAdded(dog)
    bottom.above.memberSuspected(dog, 'address-taken')
    t.strictSame(channel.members(), [])
  },
)

t.test('send resolves with the incarnation and the number of the message when all have accepted it', async t => {
  const { channel, bottom } = channelOf()
  await channel.start()
  channel.post([cat], HELLO)
  bottom.acceptNext()
  const sending = channel.send([cat, dog], HELLO)
  bottom.acceptNext()
  t.equal(uniqueIdText(await sending), `${'01'.repeat(8)}0000000000000002`)
})

t.test('send rejects with every member that failed, and why', async t => {
  const { channel, bottom } = channelOf()
  await channel.start()
  const sending = channel.send([cat, dog], HELLO)
  const { delivery } = bottom.sent[0]!
  delivery.accepted(dog)
  delivery.failed(cat, new Error('it sleeps'))
  const error = await sending.then(
    () => undefined,
    (caught: unknown) => caught,
  )
  t.ok(error instanceof SendFailedError)
  t.match(error, { code: 'TRIBES_SEND_FAILED', faulty: [{ member: cat, cause: { message: 'it sleeps' } }] })
})

t.test('what cannot be sent at all is refused before anything goes down', async t => {
  const { channel, bottom } = channelOf({ maxMessageBytes: 4 })
  await t.rejects(channel.send([cat], HELLO), { code: 'TRIBES_CHANNEL_STOPPED' })
  await channel.start()
  await t.rejects(channel.send([], HELLO), { code: 'TRIBES_NO_DESTINATION' })
  await t.rejects(channel.send([cat], HELLO), { code: 'TRIBES_MESSAGE_TOO_LARGE', message: /5 bytes .*4/ })
  t.throws(() => channel.post([cat], HELLO), { code: 'TRIBES_MESSAGE_TOO_LARGE' })
  t.strictSame(bottom.sent, [])
  await channel.stop()
  t.throws(() => channel.post([cat], Buffer.alloc(1)), { code: 'TRIBES_CHANNEL_STOPPED' })
})

t.test('post answers the number of the message and tells its observer every outcome', async t => {
  const { channel, bottom } = channelOf()
  await channel.start()
  const outcomes: string[] = []
  const number = channel.post(
    [cat, dog],
    HELLO,
    { guarantee: 'synchronized-ack' },
    {
      memberAccepted: m => void outcomes.push(`accepted ${m.name}`),
      memberFailed: f => void outcomes.push(`failed ${f.member.name}`),
      settled: () => void outcomes.push('settled'),
    },
  )
  t.equal(number, 1)
  bottom.acceptNext()
  t.strictSame(outcomes, ['accepted cat', 'accepted dog', 'settled'])
})

t.test(
  'a message goes to every listener that accepts it; the failure of one is rethrown after the others had it',
  async t => {
    const { channel, receive, logger } = channelOf()
    await channel.start()
    const heard: string[] = []
    const listener = (name: string, act: () => void | Promise<void>) => ({
      accept: (message: ChannelMessage) => Buffer.from(message.body).toString().includes(name),
      messageReceived: () => {
        heard.push(name)
        return act()
      },
    })
    const fail = () => {
      throw new Error('listener broke')
    }
    for (const one of [listener('a', fail), listener('b', () => {}), listener('c', async () => fail())]) {
      channel.addChannelListener(one)
      channel.addChannelListener(one)
    }
    t.equal(receive('b'), undefined)
    t.throws(() => receive('a b'), /listener broke/)
    await t.rejects(async () => receive('b c'), /listener broke/)
    t.strictSame(heard, ['b', 'a', 'b', 'b', 'c'])
    t.ok(logger.has('error A listener failed on a message from cat'))
  },
)

t.test('a message that nobody accepts is counted, and not acknowledged as applied', async t => {
  const { channel, receive, bottom } = channelOf()
  await channel.start()
  receive('to whom?')
  t.match(channel.stats, { messagesReceived: 1, messagesUnclaimed: 1 })
  const options = USE_ACK | SYNCHRONIZED_ACK
  const synchronized = { number: 2, options, body: Buffer.from('to whom?'), source: cat }
  t.throws(() => bottom.above.messageReceived(synchronized), { code: 'TRIBES_NO_LISTENER' })
})

t.test('a membership listener that throws keeps the news from nobody', async t => {
  const { channel, bottom, logger } = channelOf()
  const heard: string[] = []
  const fail = () => {
    throw new Error('broken')
  }
  channel.addMembershipListener({ memberAdded: fail, memberDisappeared: fail })
  const observer = { memberAdded: () => void heard.push('added'), memberDisappeared: () => {} }
  channel.addMembershipListener(observer)
  await channel.start()
  bottom.above.memberAdded(cat)
  channel.removeMembershipListener(observer)
  bottom.above.memberAdded(dog)
  t.strictSame(heard, ['added'])
  t.ok(logger.has('error A membership listener failed.'))
})

t.test('a new incarnation of this process is told to whoever wants to know', async t => {
  const { channel, bottom, logger } = channelOf()
  const changes: unknown[] = []
  channel.addMembershipListener({ memberAdded() {}, memberDisappeared() {} })
  channel.addMembershipListener({
    memberAdded() {},
    memberDisappeared() {},
    incarnationChanged: (local, previous) => void changes.push([local.name, previous.name]),
  })
  await channel.start()
  bottom.above.incarnationChanged(cat, { ...dog, host: cat.host })
  t.strictSame(changes, [['cat', 'dog']])
  t.ok(logger.has('warn Another process has the incarnation of cat'))
  bottom.above.incarnationChanged(cat, dog)
  t.ok(logger.has('warn This host has another address: dog tcp'))
})
