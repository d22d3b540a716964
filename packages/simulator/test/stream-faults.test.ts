import t from 'tap'
import { A, B, connected, End } from './support/two-hosts.js'

t.test('a limited bandwidth lets so many bytes through in a millisecond, whichever stream they are of', async t => {
  const { clock, client, server, dial } = await connected({ bytesPerMs: 125 })
  const second = await dial()
  const startMs = clock.now()
  client.stream.write([new Uint8Array(25_000)])
  second.client.stream.write([new Uint8Array(25_000)])
  await clock.advance(300)
  t.ok(server.bytes.length === 25_000 && second.server.bytes.length === 0, 'first come, first served')
  await clock.runUntil(() => second.server.bytes.length === 25_000)
  const tookMs = clock.now() - startMs
  t.ok(tookMs >= 400 && tookMs < 402, `${tookMs} ms`)
})

t.test('one way of one link may be slow', async t => {
  const { clock, network, client, server } = await connected()
  network.changeLink(A, B, { latencyMs: { min: 100, max: 100 }, streamDelayMs: { min: 20, max: 20 } })
  client.stream.write([Buffer.from('slow')])
  server.stream.write([Buffer.from('fast')])
  t.ok((await clock.runUntil(() => client.bytes.length === 4)) < 2)
  t.equal(Math.round(await clock.runUntil(() => server.bytes.length > 0)), 119)
  await clock.advance(10)
  network.changeLink(A, B, { latencyMs: { min: 1, max: 1 }, streamDelayMs: { min: 0, max: 0 } })
  const before = server.bytes.length
  client.stream.write([Buffer.from('fast')])
  t.ok((await clock.runUntil(() => server.bytes.length > before)) < 2)
})

t.test('a link that breaks after n bytes brings exactly n, then both ends are reset, once', async t => {
  const message = Buffer.from('every byte offset of every frame')
  for (let bytes = 0; bytes <= message.length; bytes++) {
    const { clock, network, client, server, dial } = await connected({}, bytes + 1)
    network.resetAfterBytes(A, B, bytes)
    client.stream.write([message, Buffer.from('and more')])
    await clock.advance(100)
    t.equal(server.bytes.toString(), message.subarray(0, bytes).toString(), `${bytes} bytes`)
    t.strictSame([client.closed, server.closed], ['ECONNRESET', 'ECONNRESET'])
    const next = await dial()
    next.client.stream.write([message])
    await clock.advance(100)
    t.equal(next.server.bytes.length, message.length, 'the next one lasts')
  }
})

t.test(
  'each connection that is opened while the fault is on may break after a number of bytes that is drawn, as long as it is on',
  async t => {
    const { clock, network, client, server, dial } = await connected()
    network.change({ resetAfterBytes: { min: 100, max: 200 } })
    const broken = await dial()
    const spared = await dial()
    const send = async (pair: typeof broken) => {
      pair.client.stream.write([new Uint8Array(1000)])
      await clock.advance(100)
      return pair.server.closed
    }
    t.equal(await send({ client, server }), undefined, 'it was there before')
    t.equal(await send(broken), 'ECONNRESET')
    t.ok(broken.server.bytes.length >= 100 && broken.server.bytes.length < 200)
    network.change({ resetAfterBytes: undefined })
    t.equal(await send(spared), undefined, 'the fault is over')
    t.equal(await send(await dial()), undefined)
  },
)

t.test('streams that are reset bring a part of what was on its way, or nothing, or all', async t => {
  const lengths: number[] = []
  for (let seed = 1; seed <= 40; seed++) {
    const { clock, network, client, server } = await connected({ latencyMs: { min: 5, max: 5 } }, seed)
    client.stream.write([Buffer.from('0123456789')])
    await clock.advance(1)
    network.resetStreams(A, B)
    await clock.advance(1)
    t.strictSame([client.closed, server.closed], ['ECONNRESET', 'ECONNRESET'])
    t.ok('0123456789'.startsWith(server.bytes.toString()))
    lengths.push(server.bytes.length)
    await clock.advance(100)
    t.equal(server.bytes.length, lengths.at(-1), 'and nothing later')
  }
  t.ok(lengths.includes(0) && lengths.includes(10) && new Set(lengths).size > 5, lengths.join(' '))
})

t.test('a silenced stream is dead at both ends and nobody is told; a new one works', async t => {
  const { clock, network, client, server, dial } = await connected()
  network.silence(A, B)
  client.stream.write([Buffer.from('hello?')])
  server.stream.write([Buffer.from('hello?')])
  await clock.advance(60_000)
  t.strictSame([client.bytes.length, server.bytes.length, client.closed, server.closed], [0, 0, undefined, undefined])
  const fresh = await dial()
  fresh.client.stream.write([Buffer.from('hello')])
  await clock.advance(10)
  t.equal(fresh.server.bytes.toString(), 'hello')
  network.healEverything()
  client.stream.destroy()
  await clock.advance(10)
  t.strictSame([client.closed, server.closed], ['orderly', undefined], 'nor is the other end told of the end')
})

t.test('no read is longer than a real one', async t => {
  const { clock, client, server } = await connected({ splitReads: 0 })
  const message = Buffer.from(Array.from({ length: 200_000 }, (_, i) => i % 251))
  client.stream.write([message])
  await clock.advance(1000)
  t.ok(server.bytes.equals(message))
  t.ok(server.chunks.every(chunk => chunk.length <= 65_536))
})

t.test('reads may bring one to sixteen bytes most of the time', async t => {
  const { clock, client, server } = await connected({ splitReads: 1 })
  client.stream.write([new Uint8Array(1000)])
  await clock.advance(10)
  t.equal(server.bytes.length, 1000)
  t.ok(server.chunks.length > 15)
})

t.test('without a file descriptor nothing can be dialled or listened to, and what dials in waits', async t => {
  const { clock, a, b } = await connected()
  b.exhaustDescriptors()
  await t.rejects(
    b.listen({ host: B, port: 1 }, () => {}),
    { code: 'EMFILE' },
  )
  await t.rejects(b.connect({ host: A, port: 1 }, 1000), { code: 'EMFILE' })
  const accepts = b.counters.accepts
  const stream = await clock.completion(a.connect({ host: B, port: 4000 }, 1000))
  const client = new End(stream)
  stream.write([Buffer.from('in the queue')])
  await clock.advance(1000)
  t.strictSame([b.counters.accepts, client.closed], [accepts, undefined])
  b.freeDescriptors()
  await clock.advance(10)
  t.equal(b.counters.accepts, accepts + 1)
  t.equal(b.counters.bytesRead, 12)
})
