import t from 'tap'
import { nodeClock, nodeRandom } from '../src/index.js'
import { keepOpen } from './support/keep-open.js'

keepOpen()

t.test('a timer fires once, never early', async t => {
  for (const delayMs of [0, 0.5, 1.2, 5.7, 20.3]) {
    const startedMs = nodeClock.now()
    await new Promise<void>(resolve => void nodeClock.setTimer(delayMs, resolve))
    const tookMs = nodeClock.now() - startedMs
    t.ok(tookMs >= delayMs, `${tookMs} of ${delayMs} ms`)
  }
})

t.test(
  'a cancelled timer does not fire, and a delay longer than the system can count does not fire at once',
  async t => {
    let fired = 0
    const count = () => void fired++
    nodeClock.setTimer(2, count).cancel()
    const long = nodeClock.setTimer(2 ** 40, count)
    await new Promise<void>(resolve => void nodeClock.setTimer(20, resolve))
    t.equal(fired, 0)
    long.cancel()
  },
)

t.test('the end of the turn comes after the promises of the turn', async t => {
  const order: string[] = []
  await new Promise<void>(resolve => {
    nodeClock.endOfTurn(() => {
      order.push('end of turn')
      resolve()
    })
    void Promise.resolve().then(() => order.push('promise'))
    order.push('now')
  })
  t.strictSame(order, ['now', 'promise', 'end of turn'])
})

t.test('wall time is the time people read', async t => {
  t.ok(Math.abs(nodeClock.wallTime() - Date.now()) < 1000)
})

t.test('chance fills what it is given, and stays below n', async t => {
  const bytes = new Uint8Array(16)
  t.equal(nodeRandom.fill(bytes), bytes)
  t.notSame(bytes, new Uint8Array(16))
  t.equal(nodeRandom.below(1), 0)
  const seen = new Set(Array.from({ length: 500 }, () => nodeRandom.below(3)))
  t.strictSame([...seen].sort(), [0, 1, 2])
})
