import t from 'tap'
import { type SimHost, SimProcess, VirtualClock } from '../src/index.js'
import { A, B, connected, joined, worldOf } from './support/two-hosts.js'

t.test('a stalled process does nothing, then its timers first, in their order, then what arrived', async t => {
  const { clock, network, a, b, client } = await connected()
  const done: string[] = []
  const sender = await joined(a, [], true)
  await b.joinMulticast(
    { group: '228.0.0.4', port: 45564, loopbackDisabled: false },
    { datagram: () => done.push('datagram'), failed: () => {} },
  )
  network.stall(B, 2000)
  t.equal(b.process.state, 'stalled')
  client.stream.write([Buffer.from('bytes')])
  await sender.send(Buffer.from('x'))
  b.clock.setTimer(1500, () => done.push('second timer'))
  b.clock.setTimer(500, () => done.push('first timer'))
  await clock.advance(1999)
  t.strictSame([done, b.counters.bytesRead], [[], 0])
  await clock.advance(11)
  t.strictSame(done, ['first timer', 'second timer', 'datagram'])
  t.equal(b.counters.bytesRead, 5)
})

t.test(
  'what a paused process has given to its kernel arrives, and what is in its own buffer when it runs again',
  async t => {
    const { clock, network, b, client } = await connected({ windowBytes: 1000, bytesPerMs: 1 })
    client.stream.write([Buffer.alloc(1500)])
    const lastWordsMs = network.lastWordsMs(A)!
    network.pause(A)
    t.ok(lastWordsMs - clock.now() >= 1000)
    await clock.advance(lastWordsMs - clock.now() - 1)
    t.ok(b.counters.bytesRead < 1000)
    await clock.advance(5000)
    t.equal(b.counters.bytesRead, 1000)
    t.equal(network.lastWordsMs(A), undefined)
    network.resume(A)
    await clock.advance(510)
    t.equal(b.counters.bytesRead, 1500)
  },
)

t.test('a stall ends at the later end of two, and not by being resumed; a pause outlasts it', async t => {
  const clock = new VirtualClock()
  const process = new SimProcess(clock)
  process.stall(100)
  process.stall(50)
  process.resume()
  await clock.advance(99)
  t.equal(process.state, 'stalled')
  await clock.advance(1)
  t.equal(process.state, 'running')
  process.stall(100)
  process.pause()
  await clock.advance(200)
  t.equal(process.state, 'paused')
  process.resume()
  t.equal(process.state, 'running')
  process.kill()
  process.stall(1)
  process.wake()
  t.equal(process.state, 'dead')
})

t.test('a kernel keeps so many datagrams for a process that stands still, and no more, each time', async t => {
  const { clock, network, a, b } = worldOf()
  const heard: string[] = []
  const socket = await joined(a, [], true)
  await joined(b, heard)
  for (const expected of [128, 256]) {
    network.pause(B)
    for (let i = 0; i < 300; i++) await socket.send(Buffer.from(`${i}`))
    await clock.advance(10)
    network.resume(B)
    await clock.advance(10)
    t.equal(heard.length, expected)
  }
})

t.test('a drifting clock moves now, the wall and every timer, and a timer is never early', async t => {
  const { clock, network, a, b } = worldOf()
  network.driftClock(A, 1.01)
  network.driftClock(B, 0.99)
  const startWall = a.clock.wallTime()
  const rings: number[] = []
  const every = (host: SimHost) => {
    const dueMs = host.clock.now() + 1000
    host.clock.setTimer(1000, () => {
      rings.push(clock.now())
      t.ok(host.clock.now() >= dueMs)
    })
  }
  every(a)
  every(b)
  await clock.advance(10_000)
  t.ok(Math.abs(rings[0]! - 1000 / 1.01) < 0.5 && Math.abs(rings[1]! - 1000 / 0.99) < 0.5, `${rings}`)
  t.ok(Math.abs(a.clock.now() - 10_100) < 0.001)
  t.ok(Math.abs(b.clock.now() - 9_900) < 0.001)
  t.ok(Math.abs(a.clock.wallTime() - startWall - 10_100) <= 1)
  network.driftClock(A, 1)
  await clock.advance(10_000)
  t.ok(Math.abs(a.clock.now() - 20_100) < 0.001, 'what was gained stays, and no more comes')
})

t.test('a timer that was set before its clock slowed down is not early either', async t => {
  const { clock, network, a } = worldOf()
  let rangMs: number | undefined
  a.clock.setTimer(10_000, () => {
    rangMs = a.clock.now()
  })
  network.driftClock(A, 0.9)
  await clock.advance(20_000)
  t.ok(rangMs! >= 10_000 && rangMs! < 10_002, `${rangMs}`)
})

t.test('wall clocks jump and are wrong each for itself; monotonic ones stay; a restart changes neither', async t => {
  const { clock, network, a, b } = worldOf()
  network.jumpClock(A, 3_600_000)
  network.setClockOffset(B, -5000)
  await clock.advance(1000)
  t.equal(a.clock.wallTime() - clock.wallTime(), 3_600_000)
  t.equal(b.clock.wallTime() - clock.wallTime(), -5000)
  t.ok(Math.abs(a.clock.now() - b.clock.now()) < 0.5, 'but for what each has worked')
  network.driftClock(A, 1.01)
  await clock.advance(1000)
  network.kill(A)
  const next = network.host(A)
  t.not(next, a)
  t.equal(next.clock.wallTime(), a.clock.wallTime())
  t.equal(next.clock.rate, 1.01)
})

t.test('timers are counted until they fire or are cancelled', async t => {
  const { clock, a } = worldOf()
  const timer = a.clock.setTimer(10, () => {})
  a.clock.setTimer(20, () => {})
  t.equal(a.clock.activeTimers, 2)
  timer.cancel()
  timer.cancel()
  t.equal(a.clock.activeTimers, 1)
  await clock.advance(21)
  t.equal(a.clock.activeTimers, 0)
})

t.test('when everything heals, everything that lives works, and the clocks are right', async t => {
  const { clock, network, a, b, client, server, dial } = await connected({ latencyMs: { min: 1, max: 2 } })
  network.change({ latencyMs: { min: 900, max: 900 }, datagramLoss: 1, bytesPerMs: 0.001, splitReads: 1 })
  network.change({ streamDelayMs: { min: 99, max: 99 }, resetAfterBytes: { min: 1, max: 2 } })
  network.changeLink(A, B, { datagramReorder: 1, datagramDelayMs: { min: 500, max: 500 } })
  network.resetAfterBytes(A, B, 1)
  network.clog(A, B)
  network.cut(A, B)
  network.cutDatagrams(B, A)
  network.pause(A)
  network.stall(B, 1e9)
  b.stopReading()
  b.exhaustDescriptors()
  a.datagramFault = 'EPERM'
  network.interfaceDown(B)
  network.jumpClock(A, 1e9)
  network.driftClock(B, 1.01)
  await clock.advance(1000)
  network.healEverything()
  const heard: string[] = []
  const socket = await joined(a, [], true)
  await joined(b, heard)
  await socket.send(Buffer.from('x'))
  client.stream.write([Buffer.from('hello')])
  await clock.advance(10)
  t.strictSame([heard.length, server.bytes.toString()], [1, 'hello'])
  t.match(await dial(), { client: { closed: undefined } })
  t.equal(a.clock.wallTime(), clock.wallTime())
  t.equal(b.clock.rate, 1)
})
