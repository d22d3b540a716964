import { createServer, Socket } from 'node:net'
import t from 'tap'
import { nodeNetwork } from '../src/index.js'
import { keepOpen, until } from './support/keep-open.js'
import { connectedPair } from './support/stream-end.js'

keepOpen()
const LOOPBACK = '127.0.0.1'

t.test('a port that is taken is EADDRINUSE, and free again when its listener has closed', async t => {
  const first = await nodeNetwork.listen({ host: LOOPBACK, port: 0 }, () => {})
  t.ok(first.address.port > 0)
  await t.rejects(
    nodeNetwork.listen(first.address, () => {}),
    { code: 'EADDRINUSE' },
  )
  await first.close()
  const second = await nodeNetwork.listen(first.address, () => {})
  t.strictSame(second.address, first.address)
  await second.close()
  await second.close()
})

t.test('an address of another host is EADDRNOTAVAIL', async t => {
  await t.rejects(
    nodeNetwork.listen({ host: '203.0.113.1', port: 0 }, () => {}),
    { code: 'EADDRNOTAVAIL' },
  )
})

t.test('a listener closes without waiting for the streams it accepted, and they live on', async t => {
  const { listener, dialled, accepted } = await connectedPair()
  await listener.close()
  dialled.stream.write([Buffer.from('still here')])
  await until(() => accepted.text === 'still here')
  await t.rejects(nodeNetwork.connect(listener.address, 1000), { code: 'ECONNREFUSED' })
})

t.test('where nobody listens, connect is refused', async t => {
  const listener = await nodeNetwork.listen({ host: LOOPBACK, port: 0 }, () => {})
  await listener.close()
  await t.rejects(nodeNetwork.connect(listener.address, 1000), { code: 'ECONNREFUSED' })
})

t.test('a name that does not exist cannot be dialled', async t => {
  await t.rejects(nodeNetwork.connect({ host: 'no-such-host.invalid', port: 1 }, 5000), {
    code: /ENOTFOUND|EAI_AGAIN|ETIMEDOUT/,
  })
})

/** A kernel whose accept queue is full drops what knocks; only Linux does so on loopback. */
t.test('who does not answer is ETIMEDOUT', { skip: process.platform !== 'linux' }, async t => {
  const server = createServer()
  server.listen({ port: 0, host: LOOPBACK, backlog: 1 })
  await until(() => server.listening)
  const address = { host: LOOPBACK, port: (server.address() as { port: number }).port }
  // @ts-expect-error: the handle is private; without its callback nothing is accepted, so the queue stays full
  server._handle.onconnection = () => {}
  const { fillers, isFull } = await fillBacklog(address.port)
  t.teardown(() => {
    for (const filler of fillers) filler.destroy()
    server.close()
  })
  if (!isFull) return t.skip('this kernel accepts for the process')
  const startedMs = performance.now()
  await t.rejects(nodeNetwork.connect(address, 100), {
    code: 'ETIMEDOUT',
    syscall: 'connect',
    message: /no answer within 100 ms/,
  })
  const tookMs = performance.now() - startedMs
  t.ok(tookMs >= 95 && tookMs < 1000, `${tookMs} ms`)
})

t.test('connections in the queue of a frozen process time out too, when even the name server hangs', async t => {
  await t.rejects(nodeNetwork.connect({ host: '203.0.113.1', port: 4000 }, 50), {
    code: /ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ECONNREFUSED/,
  })
})

t.test('a literal resolves to itself, a name to all its addresses, nonsense to an error', async t => {
  t.strictSame(await nodeNetwork.resolve('10.1.2.3'), ['10.1.2.3'])
  t.strictSame(await nodeNetwork.resolve('fd00::3'), ['fd00::3'])
  const local = await nodeNetwork.resolve('localhost')
  t.ok(local.includes('127.0.0.1') || local.includes('::1'), `${local}`)
  await t.rejects(nodeNetwork.resolve('no-such-host.invalid'))
})

t.test('the addresses of this host include loopback', async t => {
  const addresses = nodeNetwork.hostAddresses()
  t.ok(addresses.some(a => a.address === LOOPBACK && a.family === 4 && a.internal))
})

/** Knocks until a knock is not answered. */
async function fillBacklog(port: number) {
  const fillers: Socket[] = []
  for (let i = 0; i < 20; i++) {
    const filler = new Socket()
    filler.on('error', () => {})
    fillers.push(filler)
    filler.connect(port, LOOPBACK)
    const isAnswered = await Promise.race([
      new Promise<boolean>(resolve => filler.once('connect', () => resolve(true))),
      new Promise<boolean>(resolve => setTimeout(() => resolve(false), 100)),
    ])
    if (!isAnswered) return { fillers, isFull: true }
  }
  return { fillers, isFull: false }
}
