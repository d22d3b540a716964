import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
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

/** The kernel of a frozen process completes connections until its queue is full, then drops who knocks. Linux drops; others may refuse. */
t.test('a frozen process whose queue is full is ETIMEDOUT', { skip: process.platform !== 'linux' }, async t => {
  const port = await frozenListener(t)
  const fillers = await fillBacklog(port)
  t.teardown(() => {
    for (const filler of fillers) filler.destroy()
  })
  const startedMs = performance.now()
  const connecting = nodeNetwork.connect({ host: LOOPBACK, port }, 100)
  await t.rejects(connecting, { code: 'ETIMEDOUT', syscall: 'connect', message: /no answer within 100 ms/ })
  const tookMs = performance.now() - startedMs
  t.ok(tookMs >= 95, `${tookMs} ms`)
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

const LISTEN = `const server = require('net').createServer().listen({ port: 0, host: '${LOOPBACK}', backlog: 1 }, () => console.log(server.address().port))`

/** A process that listens and has been stopped. */
async function frozenListener(t: Test): Promise<number> {
  const child = spawn(process.execPath, ['-e', LISTEN], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill('SIGKILL'))
  const [printed] = await once(child.stdout, 'data')
  child.kill('SIGSTOP')
  return Number(printed)
}

/** Knocks until a knock is not answered. */
async function fillBacklog(port: number): Promise<Socket[]> {
  const fillers: Socket[] = []
  for (let isAnswered = true; isAnswered && fillers.length < 20; ) {
    const filler = connect(port, LOOPBACK)
    fillers.push(filler)
    isAnswered = await Promise.race([
      once(filler, 'connect').then(() => true),
      new Promise<boolean>(resolve => setTimeout(() => resolve(false), 200)),
    ])
  }
  return fillers
}
