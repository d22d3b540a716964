import t from 'tap'
import { type ChannelMessage, type DeliveryGuarantee, optionBits } from '../../src/channel-message.js'
import { Delivery } from '../../src/delivery.js'
import {
  MessageDispatchInterceptor,
  type MessageDispatchOptions,
} from '../../src/interceptors/message-dispatch-interceptor.js'
import { GroupBottom, testMember } from '../support/group-bottom.js'

const cat = testMember('cat', 2)
const dog = testMember('dog', 3)
/** What each message counts besides its body. */
const BOOKKEEPING = 256

function dispatch(options: MessageDispatchOptions) {
  const bottom = new GroupBottom()
  const interceptor = new MessageDispatchInterceptor(options)
  interceptor.connect(bottom, bottom.above)
  let number = 0
  const send = (body: string, guarantee: DeliveryGuarantee = 'asynchronous') => {
    const source = testMember('local', 1)
    const message: ChannelMessage = {
      number: ++number,
      options: optionBits(guarantee),
      body: Buffer.from(body),
      source,
    }
    const delivery = new Delivery([cat, dog])
    interceptor.sendMessage(message, delivery)
    return delivery
  }
  return { bottom, interceptor, send }
}

function codes(delivery: Delivery): unknown[] {
  return delivery.faulty.map(({ cause }) => 'code' in cause && cause.code)
}

t.test('below the limit every message goes down at once, and its bytes count until it has settled', async t => {
  const { bottom, interceptor, send } = dispatch({ maxQueueSize: 10 + 2 * BOOKKEEPING })
  send('12345')
  send('67890')
  t.strictSame(bottom.sentTexts, ['12345', '67890'])
  t.equal(interceptor.stats.queuedBytes, 10 + 2 * BOOKKEEPING)
  bottom.acceptNext()
  t.equal(interceptor.stats.queuedBytes, 5 + BOOKKEEPING)
})

t.test("'wait' holds back what does not fit and everything behind it, acknowledged messages too, in order", async t => {
  const { bottom, interceptor, send } = dispatch({ maxQueueSize: 3 * BOOKKEEPING + 2 })
  const long = 'a'.repeat(2 * BOOKKEEPING)
  send(long)
  send('b')
  send('c', 'use-ack')
  t.strictSame(bottom.sentTexts, [long])
  t.match(interceptor.stats, { waitingBytes: 2 * BOOKKEEPING + 2, waitingMessages: 2, waited: 2 })
  bottom.acceptNext()
  t.strictSame(bottom.sentTexts, [long, 'b', 'c'])
  t.match(interceptor.stats, { waitingBytes: 0, waitingMessages: 0 })
})

t.test(
  "'wait' is bounded: with as much waiting as may be queued, the next message fails for each destination",
  async t => {
    const { interceptor, send } = dispatch({ maxQueueSize: 4 })
    send('aaaa')
    send('bbbb')
    const refused = send('c')
    t.strictSame(codes(refused), ['TRIBES_QUEUE_FULL', 'TRIBES_QUEUE_FULL'])
    t.ok(refused.isSettled)
    t.equal(interceptor.stats.rejected, 1)
  },
)

t.test('acknowledged messages alone are never held back', async t => {
  const { bottom, send } = dispatch({ maxQueueSize: 1 })
  for (const body of ['one', 'two', 'three']) send(body, 'synchronized-ack')
  t.strictSame(bottom.sentTexts, ['one', 'two', 'three'])
})

t.test('what a full queue does to the next message', async t => {
  const table = [
    { whenFull: 'reject', code: 'TRIBES_QUEUE_FULL', stats: { rejected: 1, dropped: 0 } },
    { whenFull: 'drop', code: 'TRIBES_MESSAGE_DROPPED', stats: { rejected: 0, dropped: 1 } },
  ] as const
  for (const { whenFull, code, stats } of table) {
    const { bottom, interceptor, send } = dispatch({ maxQueueSize: 4 + BOOKKEEPING, whenFull })
    send('aaaa')
    t.strictSame(codes(send('b')), [code, code], whenFull)
    t.match(interceptor.stats, { ...stats, waited: 0 })
    bottom.acceptNext()
    t.strictSame(codes(send('c')), [], 'there is room again')
  }
})

t.test('a message larger than the whole queue passes when it is alone', async t => {
  const { bottom, send } = dispatch({ maxQueueSize: 4, whenFull: 'reject' })
  send('much too long')
  t.strictSame(bottom.sentTexts, ['much too long'])
})

t.test('a message that settles while it goes down releases the next one without recursion', async t => {
  const { bottom, interceptor, send } = dispatch({ maxQueueSize: 2 ** 23 })
  send('x'.repeat(2 ** 23))
  send('x')
  bottom.sendMessage = ({ body }, delivery) => {
    bottom.calls.push(body.toString())
    for (const destination of delivery.destinations) delivery.accepted(destination)
  }
  for (let i = 0; i < 20_000; i++) send('')
  bottom.acceptNext()
  t.equal(bottom.calls.length, 20_001)
  t.match(interceptor.stats, { queuedBytes: 0, waitingBytes: 0, waitingMessages: 0 })
})

t.test('stop sends down what waits', async t => {
  const { bottom, interceptor, send } = dispatch({ maxQueueSize: 600 })
  const long = 'a'.repeat(300)
  for (const body of [long, 'b', 'c']) send(body)
  t.strictSame(bottom.sentTexts, [long])
  await interceptor.stop()
  t.strictSame(bottom.sentTexts, [long, 'b', 'c'])
})
