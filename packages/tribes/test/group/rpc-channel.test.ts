import t from 'tap'
import { USE_ACK } from '../../src/channel-message.js'
import { GroupChannel } from '../../src/group/group-channel.js'
import { RpcCall, repliesNeeded } from '../../src/group/rpc-call.js'
import { type RpcCallback, RpcChannel } from '../../src/group/rpc-channel.js'
import { decodeRpc, encodeRpc, refusalOf } from '../../src/group/rpc-envelope.js'
import { Dice } from '../support/dice.js'
import { GroupLoop, testMember } from '../support/group-bottom.js'
import { GroupLog } from '../support/group-log.js'
import { VirtualClock } from '../support/virtual-clock.js'

const RPC_ID = Buffer.from('echo')
const silence = () => new Promise<Uint8Array>(() => {})

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString()
}

function echo(prefix: string): RpcCallback['replyRequest'] {
  return body => Buffer.from(prefix + text(body))
}

/** One member per callback; undefined: a member without an RpcChannel. The first one is the caller. */
async function group(...callbacks: (RpcCallback['replyRequest'] | undefined)[]) {
  const clock = new VirtualClock()
  const logger = new GroupLog()
  const late: string[] = []
  const loops = callbacks.map((_, i) => new GroupLoop(testMember(`m${i}`, i + 1)))
  const channels = loops.map(coordinator => new GroupChannel({ clock, logger, random: new Dice(1), coordinator }))
  for (const channel of channels) await channel.start()
  GroupLoop.join(...loops)
  const rpcs = callbacks.map((replyRequest, i) => {
    if (!replyRequest) return undefined
    const leftOver = (body: Uint8Array) => void late.push(text(body))
    const rpc = new RpcChannel(
      { channel: channels[i]!, clock, logger, callback: { replyRequest, leftOver } },
      { rpcId: RPC_ID },
    )
    rpc.start()
    return rpc
  })
  const call = async (mode: 'first' | 'majority' | 'all' | 'none', timeoutMs = 1000) => {
    const replies = await clock.until(rpcs[0]!.send(channels[0]!.members(), Buffer.from('?'), { mode, timeoutMs }))
    return replies.map(reply => `${reply.member.name} ${text(reply.body)}`)
  }
  return { clock, logger, loops, channels, rpcs, call, late }
}

t.test('how many replies each mode waits for', async t => {
  const table = [
    ['first', 5, 1],
    ['majority', 1, 1],
    ['majority', 2, 2],
    ['majority', 4, 3],
    ['majority', 5, 3],
    ['all', 5, 5],
    ['none', 5, 0],
  ] as const
  for (const [mode, members, needed] of table) t.equal(repliesNeeded(mode, members), needed, `${mode} of ${members}`)
})

t.test('first: the quickest reply is enough; the later one is left over', async t => {
  const slow: { answer?: (body: Uint8Array) => void } = {}
  const { call, late, clock } = await group(
    echo(''),
    () => new Promise(answer => void (slow.answer = answer)),
    echo('b'),
  )
  t.strictSame(await call('first'), ['m2 b?'])
  slow.answer!(Buffer.from('late'))
  await clock.advance(1)
  t.strictSame(late, ['late'])
})

t.test('majority and all', async t => {
  const { call } = await group(echo(''), echo('a'), echo('b'), echo('c'))
  t.strictSame((await call('all')).sort(), ['m1 a?', 'm2 b?', 'm3 c?'])
  t.equal((await call('majority')).length, 2)
})

t.test('none waits for nothing', async t => {
  const { call, clock } = await group(echo(''), silence)
  t.strictSame(await call('none'), [])
  t.equal(clock.now(), 1)
  t.equal(clock.pendingTimers, 2, 'only the two heartbeats')
})

t.test('what came within the time is the result', async t => {
  const { call, clock } = await group(echo(''), silence, echo('b'))
  t.strictSame(await call('all', 500), ['m2 b?'])
  t.ok(clock.now() >= 500)
})

t.test('nobody waits for a member without a listener, one whose callback throws, or one that says nothing', async t => {
  const fail = () => {
    throw new Error('callback broke')
  }
  const { call, clock, logger } = await group(echo(''), undefined, fail, () => undefined, echo('d'))
  t.strictSame(await call('all', 60_000), ['m4 d?'])
  t.ok(clock.now() < 10)
  t.ok(logger.has('error A request from m0'))
})

t.test('nobody waits for a member that dies in the middle of a call, nor for one that cannot be reached', async t => {
  const { call, loops, channels, clock } = await group(echo(''), silence, silence)
  const [caller, dying, unreachable] = loops
  caller!.peers.delete(unreachable!.localMember!.id)
  clock.setTimer(20, () => caller!.above.memberDisappeared(dying!.localMember!))
  t.equal(channels[0]!.members().length, 2)
  t.strictSame(await call('all', 60_000), [])
  t.ok(clock.now() < 100)
})

t.test('two RpcChannels on one channel do not hear each other', async t => {
  const { channels, rpcs, clock, logger } = await group(echo(''), echo('a'))
  const callback = { replyRequest: echo('other ') }
  const other = new RpcChannel({ channel: channels[1]!, clock, logger, callback }, { rpcId: Buffer.from('2') })
  other.start()
  const replies = await clock.until(
    rpcs[0]!.send(channels[0]!.members(), Buffer.from('?'), { mode: 'all', timeoutMs: 100 }),
  )
  t.strictSame(
    replies.map(reply => text(reply.body)),
    ['a?'],
  )
})

t.test('what the channel refuses rejects the call, and leaves no timer', async t => {
  const { rpcs, clock } = await group(echo(''))
  const timers = clock.pendingTimers
  await t.rejects(rpcs[0]!.send([], RPC_ID, { mode: 'all', timeoutMs: 100 }), { code: 'TRIBES_NO_DESTINATION' })
  t.equal(clock.pendingTimers, timers)
})

t.test('stop ends the calls in progress with the replies that they have', async t => {
  const { rpcs, channels, clock } = await group(echo(''), silence, echo('b'))
  const calling = rpcs[0]!.send(channels[0]!.members(), RPC_ID, { mode: 'all', timeoutMs: 60_000 })
  await clock.advance(10)
  rpcs[0]!.stop()
  t.equal((await calling).length, 1)
})

t.test('a member that replies twice counts once', async t => {
  const member = testMember('cat', 2)
  const results: number[] = []
  const call = new RpcCall([member, testMember('dog', 3)], 'all', replies => void results.push(replies.length))
  call.replied(member, RPC_ID)
  call.replied(member, RPC_ID)
  t.strictSame(results, [])
})

t.test('the envelope survives the wire; only a request is refused', async t => {
  for (const kind of ['request', 'reply', 'no-reply'] as const) {
    const bytes = encodeRpc({ kind, rpcId: RPC_ID, call: 2 ** 40, body: Buffer.from('body') })
    t.equal(bytes[0], 0x52)
    t.match(decodeRpc(bytes), { kind, call: 2 ** 40 })
    t.equal(text(decodeRpc(bytes).body), 'body')
    t.equal(refusalOf(bytes) !== undefined, kind === 'request')
  }
  t.equal(refusalOf(Buffer.from('Hello')), undefined)
  t.throws(() => decodeRpc(Buffer.from([0x52, 9])), { code: 'TRIBES_MALFORMED' })
})

t.test('an application that sends what begins like a request and is none is not disturbed', async t => {
  const { channels, clock, logger } = await group(echo(''), echo('a'))
  const received: string[] = []
  const messageReceived = ({ body }: { body: Uint8Array }) => void received.push(text(body))
  channels[1]!.addChannelListener({ accept: () => true, messageReceived })
  const bodies = ['Rabbit', 'R', 'R\0']
  for (const body of bodies)
    await clock.until(channels[0]!.send(channels[0]!.members(), Buffer.from(body), { guarantee: 'synchronized-ack' }))
  t.strictSame(received, bodies)
  t.equal(refusalOf(Buffer.from('Rabbit')), undefined)
  t.notOk(logger.has('failed'))
})

t.test('a reply to a call of a former RpcChannel is none to the calls of the next one', async t => {
  const answers: ((body: Uint8Array) => void)[] = []
  const slow = () => new Promise<Uint8Array>(answer => void answers.push(answer))
  const { rpcs, channels, clock, logger, late } = await group(echo(''), slow)
  const [before, options] = [rpcs[0]!, { mode: 'all', timeoutMs: 100 } as const]
  await clock.until(before.send(channels[0]!.members(), Buffer.from('before'), options))
  before.stop()
  const leftOver = (body: Uint8Array) => void late.push(text(body))
  const callback = { replyRequest: echo(''), leftOver }
  const next = new RpcChannel({ channel: channels[0]!, clock, logger, callback }, { rpcId: RPC_ID })
  next.start()
  const replies = next.send(channels[0]!.members(), Buffer.from('next'), options)
  await clock.advance(10)
  answers[0]!(Buffer.from('to before'))
  t.strictSame(await clock.until(replies), [])
  t.strictSame(late, ['to before'])
})

t.test('a request is in work until it is answered, so whoever asks faster than that is read no faster', async t => {
  let answer!: (body: Uint8Array) => void
  const { loops, clock, late } = await group(echo(''), () => new Promise(resolve => (answer = resolve)))
  const body = encodeRpc({ kind: 'request', rpcId: RPC_ID, call: 7, body: Buffer.from('?') })
  const source = loops[0]!.localMember!
  let isDone = false
  const work = loops[1]!.above.messageReceived({ number: 1, options: USE_ACK, body, source })
  void Promise.resolve(work).then(() => (isDone = true))
  await clock.advance(1000)
  t.notOk(isDone)
  answer(Buffer.from('!'))
  await clock.advance(1)
  t.ok(isDone)
  t.strictSame(late, ['!'])
})
