import t from 'tap'
import { A, B, connected, End, GROUP, joined, worldOf } from './support/two-hosts.js'

t.test('a stream keeps every byte and its order, and splits and joins the writes', async t => {
  const { clock, client, server } = await connected({ splitReads: 0.5 })
  const written: Uint8Array[] = []
  for (let i = 0; i < 200; i++) {
    const chunk = Buffer.from(`message ${i};`)
    written.push(chunk)
    client.stream.write([chunk.subarray(0, 3), chunk.subarray(3)])
    if (i % 10 === 0) await clock.advance(0.1)
  }
  await clock.advance(100)
  t.strictSame(server.bytes, Buffer.concat(written))
  const sizes = server.chunks.map(chunk => chunk.length)
  t.ok(
    sizes.some(size => size < 3),
    'a piece of a write',
  )
  t.ok(
    sizes.some(size => size > 30),
    'several writes at once',
  )
})

t.test('bytes belong to the handler during the call only', async t => {
  const { clock, client, server } = await connected()
  client.stream.write([Buffer.from('mine')])
  await clock.advance(10)
  t.strictSame(server.bytes.toString(), 'mine')
  t.ok(server.views[0]!.every(byte => byte === 0xdd))
})

t.test('both ends know both addresses, and an orderly end closes both', async t => {
  const { clock, client, server } = await connected()
  t.match(client.stream.remote, { host: B, port: 4000 })
  t.strictSame(server.stream.remote, client.stream.local)
  client.stream.write([Buffer.from('last')])
  client.stream.end()
  await clock.advance(10)
  t.equal(server.bytes.toString(), 'last')
  t.strictSame([client.closed, server.closed], ['orderly', 'orderly'])
})

t.test('a destroyed stream is closed at once here, and reset or ended there', async t => {
  const outcomes = new Set<unknown>()
  for (let seed = 1; seed <= 10; seed++) {
    const { clock, client, server } = await connected({}, seed)
    client.stream.destroy()
    t.notOk(client.stream.write([Buffer.from('x')]))
    await clock.advance(10)
    t.equal(client.closed, 'orderly')
    outcomes.add(server.closed)
  }
  t.strictSame([...outcomes].sort(), ['ECONNRESET', 'orderly'])
})

t.test('how a dial fails', async t => {
  const { clock, network, a } = worldOf()
  const codeOf = (address: string, port = 4000) =>
    clock.completion(
      a.connect({ host: address, port }, 1000).then(
        () => 'connected',
        error => error.code,
      ),
    )
  t.equal(await codeOf(B), 'ECONNREFUSED')
  t.equal(await codeOf('10.9.9.9'), 'ETIMEDOUT')
  t.equal(await codeOf('no-such-name'), 'ENOTFOUND')
  network.cutOneWay(B, A)
  t.equal(await codeOf(B), 'ETIMEDOUT')
  network.heal(A, B)
  network.switchOff(B)
  t.equal(await codeOf(B), 'ETIMEDOUT')
  network.host(B)
  t.equal(await codeOf(B), 'ECONNREFUSED', 'switched on again')
})

t.test('a dial outlives a short cut, because its SYN is repeated', async t => {
  const { clock, network, a, b } = worldOf()
  await b.listen({ host: B, port: 4000 }, () => {})
  network.cut(A, B)
  const dialling = a.connect({ host: B, port: 4000 }, 3000)
  await clock.advance(500)
  network.healAll()
  t.match((await clock.completion(dialling)).remote, { host: B, port: 4000 })
})

t.test('ports: taken, foreign, any, and loopback', async t => {
  const { clock, a } = worldOf()
  const listener = await a.listen({ host: '0.0.0.0', port: 4000 }, stream => new End(stream))
  await t.rejects(
    a.listen({ host: A, port: 4000 }, () => {}),
    { code: 'EADDRINUSE' },
  )
  await t.rejects(
    a.listen({ host: B, port: 4000 }, () => {}),
    { code: 'EADDRNOTAVAIL' },
  )
  const any = await a.listen({ host: A, port: 0 }, () => {})
  t.ok(any.address.port > 0)
  await clock.completion(a.connect({ host: '127.0.0.1', port: 4000 }, 1000))
  await listener.close()
  await t.rejects(clock.completion(a.connect({ host: A, port: 4000 }, 1000)), { code: 'ECONNREFUSED' })
})

t.test('a cut stalls a stream and tells nobody; healed, everything arrives', async t => {
  const { clock, network, client, server } = await connected()
  network.cut(A, B)
  client.stream.write([Buffer.from('patience')])
  await clock.advance(60_000)
  t.strictSame([server.bytes.length, client.closed, server.closed], [0, undefined, undefined])
  network.healAll()
  await clock.advance(10)
  t.equal(server.bytes.toString(), 'patience')
})

t.test('a receiver that does not read makes write answer false, and then drained', async t => {
  for (const slow of ['pause', 'stopReading', 'freeze'] as const) {
    const { clock, network, b, client, server } = await connected({ windowBytes: 1000 })
    const hold = {
      pause: () => server.stream.pause(),
      stopReading: () => b.stopReading(),
      freeze: () => network.pause(B),
    }
    const release = {
      pause: () => server.stream.resume(),
      stopReading: () => b.readAgain(),
      freeze: () => network.resume(B),
    }
    hold[slow]()
    t.equal(client.stream.write([new Uint8Array(1000)]), true, slow)
    t.equal(client.stream.write([new Uint8Array(20_000)]), false)
    await clock.advance(1000)
    t.equal(client.stream.bufferedBytes, 20_000)
    t.strictSame([server.bytes.length, client.drained], [0, 0])
    release[slow]()
    await clock.advance(1000)
    t.strictSame([server.bytes.length, client.drained, client.stream.bufferedBytes], [21_000, 1, 0])
  }
})

t.test("a killed process's streams are reset or ended, and it says nothing more", async t => {
  const outcomes = new Set<unknown>()
  for (let seed = 1; seed <= 10; seed++) {
    const { clock, network, client, server } = await connected({}, seed)
    network.kill(A)
    t.notOk(client.stream.write([Buffer.from('ghost')]))
    await clock.advance(10)
    t.equal(client.closed, undefined)
    outcomes.add(server.closed)
  }
  t.strictSame([...outcomes].sort(), ['ECONNRESET', 'orderly'])
})

t.test('a machine without power is not missed, whatever is written to it, until it is back', async t => {
  const { clock, network, server } = await connected()
  network.switchOff(A)
  server.stream.write([Buffer.from('anybody?')])
  await clock.advance(60_000)
  t.equal(server.closed, undefined)
  network.host(A)
  await clock.advance(10)
  t.equal(server.closed, 'ECONNRESET', 'it knows of no such connection')
})

t.test('the kernel of a frozen process accepts for it', async t => {
  const { clock, network, a, b } = worldOf()
  const accepted: End[] = []
  await b.listen({ host: B, port: 4000 }, stream => accepted.push(new End(stream)))
  network.pause(B)
  const stream = await clock.completion(a.connect({ host: B, port: 4000 }, 1000))
  stream.write([Buffer.from('early')])
  await clock.advance(1000)
  t.equal(accepted.length, 0)
  network.resume(B)
  await clock.advance(10)
  t.equal(accepted[0]!.bytes.toString(), 'early')
})

t.test('a datagram reaches everybody in the group, the sender too', async t => {
  const { clock, network, a, b } = worldOf()
  const heard: string[] = []
  const socket = await joined(a, heard)
  await joined(b, heard)
  await network
    .host('10.0.0.3')
    .joinMulticast({ ...GROUP, port: 1 }, { datagram: () => heard.push('other'), failed: () => {} })
  await socket.send(Buffer.from('hi'))
  await clock.advance(10)
  t.strictSame(heard.sort(), [`${A} hi from ${A}`, `${B} hi from ${A}`])
  t.match(a.counters, { datagramsSent: 1, datagramBytesSent: 2, datagramsReceived: 1 })
})

t.test('datagrams are lost and doubled as often as asked', async t => {
  const { clock, a, b } = worldOf({ datagramLoss: 0.25, datagramDuplication: 0.5 })
  const heard: string[] = []
  const socket = await joined(a, [], true)
  await joined(b, heard)
  for (let i = 0; i < 2000; i++) await socket.send(Buffer.from('x'))
  await clock.advance(10)
  const expected = 2000 * 0.75 * 1.5
  t.ok(Math.abs(heard.length - expected) < 100, `${heard.length} of about ${expected}`)
})

t.test('how a datagram fails to be sent', async t => {
  const { a } = worldOf()
  const socket = await joined(a, [])
  await t.rejects(socket.send(new Uint8Array(70_000)), { code: 'EMSGSIZE' })
  a.datagramFault = 'ENOBUFS'
  await t.rejects(socket.send(new Uint8Array(1)), { code: 'ENOBUFS' })
  await socket.close()
  await t.rejects(socket.send(new Uint8Array(1)), { code: 'ERR_SOCKET_DGRAM_NOT_RUNNING' })
})

t.test('a cut swallows datagrams, and one may cut only them', async t => {
  const { clock, network, client, server, a, b } = await connected()
  const heard: string[] = []
  const socket = await joined(a, [], true)
  await joined(b, heard)
  network.cutDatagrams(A, B)
  await socket.send(Buffer.from('lost'))
  client.stream.write([Buffer.from('kept')])
  await clock.advance(10)
  t.strictSame(heard, [])
  t.equal(server.bytes.toString(), 'kept')
})

t.test('names resolve where they were given', async t => {
  const { network, a } = worldOf()
  network.name('seed', B)
  t.strictSame(await a.resolve('seed'), [B])
  t.strictSame(await a.resolve('10.1.1.1'), ['10.1.1.1'])
  await t.rejects(a.resolve('nobody'), { code: 'ENOTFOUND' })
  t.ok(a.hostAddresses().some(({ address }) => address === A))
})
