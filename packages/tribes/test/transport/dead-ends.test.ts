import t from 'tap'
import { type MemberFields, member } from '../../src/member.js'
import { Pings } from '../../src/transport/pings.js'
import { TransportNode, type World, world } from '../support/transport-node.js'
import { VirtualClock } from '../support/virtual-clock.js'

const CAT: MemberFields = {
  uniqueId: new Uint8Array(16),
  host: 'cat',
  port: 4000,
  name: 'cat',
  domain: '',
  payload: new Uint8Array(0),
  aliveMs: 0,
}

/** Somebody who takes connections and does as told with them. */
async function stranger(w: World, accept: (stream: { destroy(): void; open(handlers: object): void }) => void) {
  const { address } = await w.network.host('stranger').listen({ host: 'stranger', port: 4000 }, stream => {
    stream.open({ data() {}, drained() {}, closed() {} })
    accept(stream)
  })
  return address
}

async function codeOf(w: World, work: Promise<unknown>): Promise<(string | undefined)[]> {
  const error = await w.clock.until(work, 20_000).then(
    () => undefined,
    (reason: Error) => reason,
  )
  return [error, error?.cause].map(e => (e as { code?: string } | undefined)?.code)
}

t.test('whoever takes the connection and keeps silent is given up after the hello timeout', async t => {
  const w = world()
  const address = await stranger(w, () => {})
  const a = await new TransportNode('a', w).start()
  t.ok((await codeOf(w, a.transport.sender.dial(address))).includes('TRIBES_HANDSHAKE_TIMEOUT'))
})

t.test('whoever closes before the handshake is complete has closed the connection', async t => {
  const w = world()
  const address = await stranger(w, stream => stream.destroy())
  const a = await new TransportNode('a', w).start()
  t.ok((await codeOf(w, a.transport.sender.dial(address))).includes('TRIBES_CONNECTION_CLOSED'))
})

t.test('a member whose event loop does not answer a PING in time has given no answer', async t => {
  const clock = new VirtualClock()
  const pings = new Pings({ clock, view: () => 0 })
  const asked = pings.ask(member(CAT), 500)
  const failed = t.rejects(asked, { code: 'TRIBES_NO_ANSWER', message: /did not answer within 500 ms/ })
  await clock.advance(500)
  await failed
  t.notOk(pings.isAsking, 'nobody is asked any more')
})

t.test('a PING that is answered leaves no timer, nor does one whose connection is gone', async t => {
  const clock = new VirtualClock()
  const pings = new Pings({ clock, view: () => 0 })
  const asked = pings.ask(member(CAT), 500)
  pings.answered(1)
  await asked
  t.equal(clock.pendingTimers, 0)
  const lost = t.rejects(pings.ask(member(CAT), 500), { message: 'closed' })
  pings.failAll(new Error('closed'))
  await lost
  t.equal(clock.pendingTimers, 0)
})

t.test('a member owes an answer from the first poke on, until it answers or its connection is gone', async t => {
  const clock = new VirtualClock()
  const pings = new Pings({ clock, view: () => 0 })
  for (const end of [() => pings.answered(0), () => pings.failAll(new Error('closed'))]) {
    pings.poke()
    await clock.advance(100)
    pings.poke()
    await clock.advance(100)
    t.equal(pings.unansweredMs, 200)
    end()
    t.equal(pings.unansweredMs, 0)
  }
})
