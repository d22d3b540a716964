import t from 'tap'
import { member } from '../../src/member.js'
import type { Stream } from '../../src/ports/network.js'
import { ByteWriter } from '../../src/wire/byte-writer.js'
import { encodeFrame, writeMessageHeader } from '../../src/wire/frame-encoder.js'
import { TransportNode, type World, world } from '../support/transport-node.js'

/** A member without manners: it has said its hello, and what it says next is up to the test. */
async function introduced(w: World, to: TransportNode) {
  const seen = { isClosed: false }
  const stream: Stream = await w.clock.until(w.network.host('rude').connect(to.member, 1000))
  stream.open({ data: () => {}, drained: () => {}, closed: () => void (seen.isClosed = true) })
  const uniqueId = new Uint8Array(16).fill(9)
  const us = { uniqueId, host: 'rude', port: 4000, name: 'rude', domain: '', payload: new Uint8Array(0), aliveMs: 0 }
  const protocols = { lowestProtocol: 1, highestProtocol: 1 }
  const { uniqueId: expected } = to.member
  stream.write([encodeFrame({ type: 'hello', ...protocols, clusterName: 'cats', expected, member: member(us) })])
  await w.clock.advance(50)
  return { stream, seen }
}

const lengthOf = (bytes: number) => Buffer.of(bytes >>> 24, (bytes >> 16) & 255, (bytes >> 8) & 255, bytes & 255)

t.test('a frame longer than maxFrameBytes costs its sender the connection before a byte of it has come', async t => {
  const w = world(1)
  const a = await new TransportNode('a', w, { maxFrameBytes: 70_000 }).start()
  for (let round = 0; round < 3; round++) {
    const { stream, seen } = await introduced(w, a)
    t.equal(a.events.at(-1), 'connected rude')
    stream.write([lengthOf(70_001)])
    await w.clock.advance(50)
    t.ok(seen.isClosed)
  }
  t.equal(a.transport.stats.malformed, 3)
  const lines = a.log.filter(line => line.includes('70001 bytes is longer than 70000'))
  t.equal(lines.length, 1, 'and is said once a minute')
})

t.test(
  'a frame that is not complete within partialFrameTimeout costs it too, however steadily it trickles',
  async t => {
    const w = world(1)
    const a = await new TransportNode('a', w, { partialFrameTimeoutMs: 2_000 }).start()
    const { stream, seen } = await introduced(w, a)
    stream.write([lengthOf(100)])
    for (let ms = 0; ms < 1_900; ms += 100) {
      await w.clock.advance(100)
      stream.write([Buffer.of(1)])
    }
    t.notOk(seen.isClosed)
    await w.clock.advance(700)
    t.ok(seen.isClosed)
    t.match(a.transport.stats, { framesIncomplete: 1, malformed: 1 })
    t.match(a.log, [/a frame was not complete within 2000 ms/])
  },
)

t.test('a frame that is not complete because nothing is read costs nobody the connection', async t => {
  const w = world(1)
  const finish: (() => void)[] = []
  const onMessage = () => new Promise<void>(resolve => finish.push(resolve))
  const a = await new TransportNode('a', w, {
    partialFrameTimeoutMs: 2_000,
    maxInFlightBytes: 1_000,
    onMessage,
  }).start()
  const { stream, seen } = await introduced(w, a)
  const messages = new ByteWriter()
  for (const number of [1, 2]) writeMessageHeader(messages, number, 0, 2_000)
  const [first, second] = [messages.view().subarray(0, 14), messages.view().subarray(14)]
  stream.write([Buffer.concat([first, Buffer.alloc(2_000), second])])
  await w.clock.advance(50)
  stream.write([Buffer.alloc(2_000)])
  await w.clock.advance(60_000)
  t.equal(a.transport.stats.readingPaused, 1)
  finish[0]!()
  await w.clock.advance(50)
  t.notOk(seen.isClosed)
  t.strictSame([a.received.length, a.transport.stats.malformed], [2, 0])
})

t.test('a member that offers a protocol and welcomes in another one is not connected', async t => {
  const w = world(1)
  const a = await new TransportNode('a', w).start()
  const other = member({ ...a.member, uniqueId: new Uint8Array(16).fill(9), host: 'newer', name: 'newer' })
  await w.network.host('newer').listen({ host: 'newer', port: 4000 }, stream => {
    stream.open({
      data: () =>
        void stream.write([encodeFrame({ type: 'welcome', protocol: 2, member: other, isIntroduction: false })]),
      drained: () => {},
      closed: () => {},
    })
  })
  const delivery = a.send('x', [other])
  await w.clock.advance(5_000)
  t.match(delivery.faulty, [{ cause: { message: /protocol 2, which was not offered/ } }])
  t.strictSame(a.events, [])
})
