import type { Member } from '@clowder/tribes'
import t from 'tap'
import { OrderWatch } from '../../src/cluster/order-watch.js'

const source = (id: string, port = 4000) => ({ id, host: '10.0.0.1', port, name: id }) as Member

t.test('each message of a member comes once and in order, and is passed on in any case', async t => {
  const broken: string[] = []
  const passed: number[] = []
  const watch = new OrderWatch(what => broken.push(what))
  const above = { messageReceived: ({ number }: { number: number }) => void passed.push(number) }
  watch.connect({} as never, above as never)
  const receive = (number: number, from: Member) =>
    watch.messageReceived({ number, options: 0, body: new Uint8Array(0), source: from })
  receive(3, source('a'))
  receive(1, source('b'))
  receive(7, source('a'))
  receive(1, source('a', 4001))
  t.strictSame(broken, [], 'another member, or another process with its incarnation, has numbers of its own')
  receive(7, source('a'))
  t.strictSame(broken, ['message 7 of a comes once and before message 7'])
  receive(5, source('a'))
  receive(8, source('a'))
  t.equal(broken.length, 2)
  t.strictSame(passed, [3, 1, 7, 1, 7, 5, 8])
})
