import t from 'tap'
import { SimProcess, VirtualClock } from '../src/index.js'

t.test('timers fire in order of time, then of setting, and a cancelled one does not', async t => {
  const clock = new VirtualClock()
  const fired: string[] = []
  clock.setTimer(20, () => fired.push('c'))
  clock.setTimer(10, () => fired.push('a'))
  clock.setTimer(10, () => fired.push('b'))
  clock.setTimer(15, () => fired.push('never')).cancel()
  await clock.advance(10)
  t.strictSame(fired, ['a', 'b'])
  t.equal(clock.now(), 10)
  await clock.advance(100)
  t.strictSame(fired, ['a', 'b', 'c'])
  t.equal(clock.now(), 110)
})

t.test('thousands of timers in random order come out sorted', async t => {
  const clock = new VirtualClock()
  const fired: number[] = []
  for (let i = 0; i < 2000; i++) clock.setTimer((i * 7919) % 1000, () => fired.push(clock.now()))
  await clock.advance(1000)
  t.equal(fired.length, 2000)
  t.ok(fired.every((atMs, i) => i === 0 || fired[i - 1]! <= atMs))
})

t.test('an event, then every promise that it settles, then the end of its turn, then the next event', async t => {
  const clock = new VirtualClock()
  const order: string[] = []
  clock.setTimer(1, () => {
    clock.endOfTurn(() => order.push('end of turn'))
    order.push('event')
    void (async () => {
      for (let i = 0; i < 50; i++) await undefined
      order.push('promises')
    })()
  })
  clock.setTimer(1, () => order.push('next event'))
  await clock.advance(1)
  t.strictSame(order, ['event', 'promises', 'end of turn', 'next event'])
})

t.test('runUntil stops at the event that made it true, and gives up in the end', async t => {
  const clock = new VirtualClock()
  let isDone = false
  clock.setTimer(30, () => {
    isDone = true
  })
  t.equal(await clock.runUntil(() => isDone), 30)
  await t.rejects(
    clock.runUntil(() => false, 100),
    /does not hold after 100 virtual ms/,
  )
})

t.test('completion hands on what the promise became', async t => {
  const clock = new VirtualClock()
  const later = new Promise<string>(resolve => void clock.setTimer(5, () => resolve('done')))
  t.equal(await clock.completion(later), 'done')
  await t.rejects(clock.completion(Promise.reject(new Error('broken'))), /broken/)
  await t.rejects(clock.completion(new Promise(() => {}), 10), /10 virtual ms/)
})

t.test('an exception in an event comes out of advance; two advances at a time are refused', async t => {
  const clock = new VirtualClock()
  clock.setTimer(1, () => {
    throw new Error('uncaught')
  })
  await t.rejects(clock.advance(1), /uncaught/)
  const first = clock.advance(1)
  await t.rejects(clock.advance(1), /advancing already/)
  await first
})

t.test('a frozen process does what it missed when it wakes, timers first; a dead one does nothing', async t => {
  const clock = new VirtualClock()
  const process = new SimProcess(clock)
  const host = clock.forHost(process)
  const done: string[] = []
  process.pause()
  process.run('io', () => done.push('bytes'))
  host.setTimer(10, () => done.push('timer'))
  host.setTimer(10, () => done.push('cancelled while frozen')).cancel()
  await clock.advance(50)
  t.strictSame(done, [])
  process.resume()
  await clock.advance(0)
  t.strictSame(done, ['timer', 'bytes'])
  host.setTimer(10, () => done.push('after death'))
  process.kill()
  process.resume()
  await clock.advance(50)
  t.strictSame(done, ['timer', 'bytes'])
})

t.test("a host's wall clock may be wrong, and its monotonic clock is not", async t => {
  const clock = new VirtualClock()
  const host = clock.forHost(new SimProcess(clock))
  host.wallOffsetMs = 3_600_000
  t.equal(host.wallTime() - clock.wallTime(), 3_600_000)
  t.ok(host.now() - clock.now() < 0.01)
})

t.test('a process that looks at its clock again and again in one turn sees it go on, and never go back', async t => {
  const clock = new VirtualClock()
  const host = clock.forHost(new SimProcess(clock))
  t.equal(host.now(), 0)
  const looks = Array.from({ length: 512 }, () => host.now())
  t.ok(looks.every((atMs, i) => i === 0 || atMs > looks[i - 1]!))
  t.ok(looks.at(-1)! >= 1 && looks.at(-1)! < 5, 'so that what pauses after a millisecond of work does')
  await clock.advance(0.5)
  t.ok(host.now() >= looks.at(-1)!)
  await clock.advance(10)
  t.equal(host.now(), clock.now())
})
