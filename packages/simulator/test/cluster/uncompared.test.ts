import t from 'tap'
import { Uncompared } from '../../src/cluster/uncompared.js'
import { FaultyCluster } from '../support/faulty-cluster.js'

t.test('while it is on no comparison begins, and everything else passes', async t => {
  const passed: number[] = []
  let isOn = false
  const tap = new Uncompared(() => isOn)
  tap.connect({} as never, { messageReceived: ({ number }: { number: number }) => void passed.push(number) } as never)
  const receive = (number: number, type: number) =>
    tap.messageReceived({ number, options: 0, body: Uint8Array.of(0x48, 0, 0, 0, 0, type), source: {} } as never)
  receive(1, 8)
  isOn = true
  receive(2, 8)
  receive(3, 0)
  t.strictSame(passed, [1, 3])
})

t.test('members that began with equal tables answer each other once, and then no more', async t => {
  const opened = async (isUncompared: boolean) => {
    const { clock, cluster } = await FaultyCluster.started({}, { isUncompared })
    const counts = () => cluster.processes().map(({ manager }) => ({ ...manager.inspect().antiEntropy }))
    await clock.advance(5_000)
    const before = counts()
    await clock.advance(30_000)
    return counts().map(({ opened, failed }, i) => [opened - before[i]!.opened, failed - before[i]!.failed])
  }
  for (const [opens, failures] of await opened(false)) t.ok(opens! > 0 && failures === 0)
  for (const [opens, failures] of await opened(true)) t.ok(opens! > 0 && failures! > 0)
})
