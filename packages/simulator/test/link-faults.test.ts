import t from 'tap'
import type { Physics } from '../src/index.js'
import { A, B, connected, joined, worldOf } from './support/two-hosts.js'

/** What each of `count` numbered datagrams that reached B took, in the order in which they arrived. */
async function travels(faults: Partial<Physics>, count = 1000, everyMs = 10) {
  const { clock, a, b, network } = worldOf()
  network.changeLink(A, B, faults)
  const arrived: { number: number; tookMs: number }[] = []
  const socket = await joined(a, [], true)
  const datagram = (bytes: Uint8Array) => {
    const number = Buffer.from(bytes).readUInt32BE()
    arrived.push({ number, tookMs: clock.now() - number * everyMs })
  }
  await b.joinMulticast({ group: '228.0.0.4', port: 45564, loopbackDisabled: false }, { datagram, failed: () => {} })
  for (let number = 0; number < count; number++) {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(number)
    await socket.send(bytes)
    await clock.advance(everyMs)
  }
  await clock.advance(2000)
  return arrived
}

t.test('delayed datagrams take as long as asked, and no longer', async t => {
  const arrived = await travels({ datagramDelayMs: { min: 100, max: 500 } })
  const took = arrived.map(({ tookMs }) => tookMs)
  t.equal(arrived.length, 1000)
  t.ok(Math.min(...took) >= 100 && Math.max(...took) <= 501)
  t.ok(Math.max(...took) > 450, 'the whole range')
})

t.test('of reordered datagrams the share that was asked is overtaken, and none is lost', async t => {
  const inOrder = await travels({})
  t.ok(inOrder.every(({ number }, i) => number === i))
  const arrived = await travels({ datagramReorder: 0.2 })
  t.equal(arrived.length, 1000)
  const late = arrived.filter(({ tookMs }) => tookMs > 1).length
  t.ok(late > 150 && late < 250, `${late} of 1000`)
  t.ok(arrived.some(({ number }, i) => arrived.slice(0, i).some(earlier => earlier.number > number)))
})

t.test('one link alone loses, doubles and delays; its way back and the other links do not', async t => {
  const { clock, network, a, b } = worldOf()
  network.changeLink(A, B, { datagramLoss: 1 })
  const heard: string[] = []
  const [ours, theirs] = [await joined(a, heard, true), await joined(b, heard, true)]
  await joined(network.host('10.0.0.3'), heard)
  await ours.send(Buffer.from('out'))
  await theirs.send(Buffer.from('back'))
  await clock.advance(10)
  t.strictSame(heard.sort(), [`${A} back from ${B}`, `10.0.0.3 back from ${B}`, `10.0.0.3 out from ${A}`])
  network.change({ datagramDuplication: 1 })
  await ours.send(Buffer.from('out'))
  await clock.advance(10)
  t.equal(heard.length, 5, 'twice at the third host; what is said of all links leaves its own alone')
})

t.test('datagrams past the size that the path carries vanish', async t => {
  const { clock, a, b } = worldOf({ datagramMaxBytes: 1232 })
  const heard: string[] = []
  const socket = await joined(a, [], true)
  await joined(b, heard)
  await socket.send(new Uint8Array(1233))
  await clock.advance(10)
  t.equal(heard.length, 0)
  await socket.send(new Uint8Array(1232))
  await clock.advance(10)
  t.equal(heard.length, 1)
})

t.test('a clogged link lets nothing pass and loses nothing, and what waited arrives in its order', async t => {
  const { clock, network, a, b, client, server } = await connected()
  const heard: string[] = []
  const socket = await joined(a, [], true)
  await joined(b, heard, true)
  network.clog(A, B)
  for (const word of ['one', 'two', 'three']) {
    await socket.send(Buffer.from(word))
    client.stream.write([Buffer.from(word)])
    await clock.advance(100)
  }
  const dialling = a.connect({ host: B, port: 4000 }, 60_000)
  server.stream.write([Buffer.from('the way back is free')])
  await clock.advance(30_000)
  t.strictSame([heard.length, server.bytes.length], [0, 0])
  t.equal(client.bytes.toString(), 'the way back is free')
  network.unclog(A, B)
  await clock.advance(10)
  t.strictSame(
    heard,
    ['one', 'two', 'three'].map(word => `${B} ${word} from ${A}`),
  )
  t.equal(server.bytes.toString(), 'onetwothree')
  t.match((await dialling).remote, { host: B })
})

t.test('a reset waits in a clogged link, and is lost in a cut one', async t => {
  const closedAfter = async (harm: 'clog' | 'cutOneWay') => {
    const { clock, network, client, server } = await connected({}, 2)
    network[harm](A, B)
    client.stream.destroy()
    await clock.advance(1000)
    t.equal(server.closed, undefined)
    network.healAll()
    await clock.advance(10)
    return server.closed
  }
  t.equal(await closedAfter('clog'), 'ECONNRESET')
  t.equal(await closedAfter('cutOneWay'), undefined)
})

t.test('what was clogged and then cut is lost', async t => {
  const { clock, network, a, b } = worldOf()
  const heard: string[] = []
  const socket = await joined(a, [], true)
  await joined(b, heard, true)
  network.clog(A, B)
  await socket.send(Buffer.from('x'))
  await clock.advance(10)
  network.cut(A, B)
  network.unclog(A, B)
  await clock.advance(10)
  t.strictSame(heard, [])
})

t.test('without an interface nothing leaves, and the process is told; with it all goes on', async t => {
  const { clock, network, a, client, server } = await connected()
  const socket = await joined(a, [])
  network.interfaceDown(A)
  t.strictSame(
    a.hostAddresses().map(({ address }) => address),
    ['127.0.0.1'],
  )
  await t.rejects(socket.send(new Uint8Array(1)), { code: 'ENETUNREACH' })
  await t.rejects(a.connect({ host: B, port: 4000 }, 1000), { code: 'ENETUNREACH' })
  server.stream.write([Buffer.from('later')])
  await clock.advance(1000)
  t.equal(client.bytes.length, 0)
  network.interfaceUp(A)
  await clock.advance(10)
  t.equal(client.bytes.toString(), 'later')
})

t.test('a host with a new address is found there, and its old streams are dead without a word', async t => {
  const moved = '10.0.0.99'
  const { clock, network, a, b, client, server } = await connected()
  await b.listen({ host: '0.0.0.0', port: 5000 }, () => {})
  network.interfaceDown(B)
  network.interfaceUp(B, moved)
  client.stream.write([Buffer.from('hello?')])
  await clock.advance(10_000)
  t.strictSame([server.bytes.length, client.closed, server.closed], [0, undefined, undefined])
  t.ok(b.hostAddresses().some(({ address }) => address === moved))
  t.match((await clock.completion(a.connect({ host: moved, port: 5000 }, 1000))).remote, { host: moved })
  const old = clock.completion(a.connect({ host: moved, port: 4000 }, 1000))
  await t.rejects(old, { code: 'ECONNREFUSED' }, 'bound to the old address only')
  await t.rejects(clock.completion(a.connect({ host: B, port: 5000 }, 1000)), { code: 'ETIMEDOUT' })
})
