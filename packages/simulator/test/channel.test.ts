import { type ReplyMode, RpcChannel } from '@clowder/tribes'
import t from 'tap'
import { addressOf, SimCluster } from './support/sim-cluster.js'
import type { SimNode } from './support/sim-node.js'

function bodies(node: SimNode, from: string): string[] {
  return node.heard.filter(heard => heard.from === from).map(heard => heard.body)
}

t.test('messages of every guarantee, mixed, arrive once and in the order in which they were sent', async t => {
  const { clock, nodes } = await SimCluster.started(['a', 'b', 'c'], { seed: 5 })
  const guarantees = ['asynchronous', 'use-ack', 'synchronized-ack'] as const
  const sent: string[] = []
  const sending: Promise<unknown>[] = []
  for (let i = 0; i < 600; i++) {
    for (const node of nodes) sending.push(node.send(`${i} ${'x'.repeat((i * 37) % 3000)}`, guarantees[i % 3]!))
    sent.push(`${i} ${'x'.repeat((i * 37) % 3000)}`)
    if (i % 50 === 0) await clock.advance(1)
  }
  await clock.completion(Promise.all(sending))
  await clock.advance(1000)
  const [a, b, c] = nodes
  for (const [node, from] of [
    [a, 'b'],
    [a, 'c'],
    [b, 'a'],
    [b, 'c'],
    [c, 'a'],
    [c, 'b'],
  ] as const) {
    t.strictSame(bodies(node!, from), sent, `${from} at ${node!.name}`)
  }
})

t.test('a message that no listener accepts is received, but not applied', async t => {
  const { clock, nodes } = await SimCluster.started(['a', 'b'])
  const [a, b] = nodes
  // The node's own listener leaves these to RPC channels, of which there is none.
  const unclaimed = Buffer.from([0x52, 1, 1, 65, 7])
  const send = (guarantee: 'use-ack' | 'synchronized-ack') => clock.completion(a!.send(unclaimed, guarantee))
  await t.resolves(send('use-ack'))
  await t.rejects(send('synchronized-ack'), { code: 'TRIBES_SEND_FAILED' })
  t.strictSame(
    b!.log.filter(line => line.startsWith('error')),
    [],
  )
})

t.test('a listener that throws makes exactly its own synchronized acknowledgements negative', async t => {
  const { clock, nodes } = await SimCluster.started(['a', 'b'])
  const [a, b] = nodes
  b!.onMessage = message => {
    if (message.number % 2 === 0) throw new Error('even')
  }
  const outcomes = await clock.completion(
    Promise.allSettled(Array.from({ length: 1000 }, (_, i) => a!.send(`${i}`, 'synchronized-ack'))),
  )
  outcomes.forEach((outcome, i) => {
    const expected = (i + 1) % 2 === 0 ? 'rejected' : 'fulfilled'
    if (outcome.status !== expected) t.fail(`message ${i + 1} was ${outcome.status}`)
  })
  t.equal(b!.heard.length, 1000, 'each was delivered once')
})

t.test('sending to a member that just died fails, names it, and reaches the others', async t => {
  const { clock, network, nodes } = await SimCluster.started(['a', 'b', 'c'])
  const [a, b] = nodes
  network.kill(addressOf('c'))
  const sending = a!.send('last words')
  await t.rejects(clock.completion(sending), { code: 'TRIBES_SEND_FAILED', faulty: [{ member: { name: 'c' } }] })
  t.strictSame(bodies(b!, 'a'), ['last words'])
  await clock.advance(1000)
  t.strictSame(a!.sees(), ['b'])
})

t.test('a receiver that stops reading fills its own queue only, and is told of when it has room again', async t => {
  const { clock, network, nodes } = await SimCluster.started(['a', 'b', 'c'], { maxQueueBytes: 300_000 })
  const [a, b] = nodes
  network.host(addressOf('c')).stopReading()
  const codes = new Set<unknown>()
  const failed = ({ faulty }: { faulty: { member: { name: string }; cause: { code: string } }[] }) => {
    for (const { member, cause } of faulty) codes.add(`${member.name} ${cause.code}`)
  }
  for (let i = 0; i < 100; i++) {
    a!.send(new Uint8Array(10_000), 'asynchronous').catch(failed)
    await clock.advance(2)
  }
  t.strictSame([...codes], ['c TRIBES_MEMBER_BEHIND'])
  t.equal(bodies(b!, 'a').length, 100)
  network.host(addressOf('c')).readAgain()
  await clock.runUntil(() => a!.events.includes('caught up c'))
  t.strictSame(a!.sees(), ['b', 'c'])
})

t.test('rpc: first, majority, all and none, over the whole stack', async t => {
  const { clock, network, nodes } = await SimCluster.started(['a', 'b', 'c', 'd'])
  const rpcs = nodes.map(({ channel, name, host }) => {
    const callback = { replyRequest: (body: Uint8Array) => Buffer.from(`${name} ${Buffer.from(body).toString()}`) }
    const rpc = new RpcChannel({ channel, clock: host.clock, logger: console, callback }, { rpcId: Buffer.from('t') })
    rpc.start()
    return rpc
  })
  const call = async (mode: ReplyMode) => {
    const members = nodes[0]!.channel.members()
    const replies = await clock.completion(rpcs[0]!.send(members, Buffer.from('?'), { mode, timeoutMs: 5000 }))
    return replies.map(reply => Buffer.from(reply.body).toString()).sort()
  }
  t.equal((await call('first')).length, 1)
  t.equal((await call('majority')).length, 2)
  t.strictSame(await call('all'), ['b ?', 'c ?', 'd ?'])
  t.strictSame(await call('none'), [])

  const startMs = clock.now()
  network.kill(addressOf('d'))
  t.strictSame(await call('all'), ['b ?', 'c ?'], 'a dead member is not waited for')
  t.ok(clock.now() - startMs < 1000)
})

t.test('the same seed leaves the same trace, another seed another one', async t => {
  const trace = async (seed: number) => {
    const { clock, network, nodes } = await SimCluster.started(['a', 'b', 'c'], {
      seed,
      network: { datagramLoss: 0.2 },
    })
    for (let i = 0; i < 20; i++) {
      nodes[i % 3]!.send(`${i}`).catch(() => {})
      if (i === 7) network.cut(addressOf('a'), addressOf('b'))
      if (i === 15) network.healAll()
      await clock.advance(500)
    }
    t.ok(network.trace.entries > 200)
    return network.trace.digest()
  }
  const first = await trace(11)
  t.equal(await trace(11), first)
  t.not(await trace(12), first)
})
