import t from 'tap'
import type { HostAddress } from '../../src/ports/network.js'
import type { NoFreePortError } from '../../src/transport/errors.js'
import { TransportNode, world } from '../support/transport-node.js'

const v4 = (address: string, internal = false): HostAddress => ({ address, family: 4, internal })
const v6 = (address: string, internal = false): HostAddress => ({ address, family: 6, internal })
const node = (options: ConstructorParameters<typeof TransportNode>[2], w = world()) =>
  new TransportNode('h', w, options)

t.test('auto chooses an address that others can reach', async t => {
  const cases: [string, HostAddress[]][] = [
    ['10.0.0.5', [v4('127.0.0.1', true), v6('::1', true), v6('2001:db8::1'), v4('10.0.0.5')]],
    ['10.0.0.5', [v4('169.254.1.1'), v4('10.0.0.5')]],
    ['2001:db8::1', [v4('127.0.0.1', true), v6('fe80::1'), v6('2001:db8::1')]],
    ['2001:db8::1', [v4('169.254.1.1'), v6('2001:db8::1')]],
    ['127.0.0.1', [v4('127.0.0.1', true), v6('::1', true)]],
    ['127.0.0.1', [v4('127.0.0.1', true), v6('fe80::1'), v6('FEBF::1')]],
    ['127.0.0.1', []],
  ]
  for (const [expected, addresses] of cases) {
    const one = node({ addresses })
    t.strictSame(await one.transport.receiver.start(), { host: expected, port: 4000 })
    t.equal(one.log.length, expected === '127.0.0.1' ? 1 : 0, 'a warning when nobody outside can join')
  }
})

t.test('the advertised host is what was asked for, and never "all interfaces"', async t => {
  const host = async (receiver: object) =>
    (await node({ addresses: [v4('10.0.0.5')], receiver }).transport.receiver.start()).host
  t.equal(await host({ address: '192.0.2.1' }), '192.0.2.1')
  t.equal(await host({ address: '192.0.2.1', advertisedAddress: 'cat.example' }), 'cat.example')
  t.equal(await host({ address: '0.0.0.0' }), '10.0.0.5')
  t.equal(await host({ address: '::' }), '10.0.0.5')
})

t.test('a taken port makes it take the next one', async t => {
  const w = world()
  const ports = []
  for (let i = 0; i < 3; i++) ports.push((await node({}, w).transport.receiver.start()).port)
  t.strictSame(ports, [4000, 4001, 4002])
})

t.test('when all ports are taken the error says which, and what to do', async t => {
  const w = world()
  const receiver = { port: 5000, autoBind: 2 }
  await node({ receiver }, w).transport.receiver.start()
  await node({ receiver }, w).transport.receiver.start()
  const error = (await node({ receiver }, w)
    .transport.receiver.start()
    .catch(e => e)) as NoFreePortError
  t.equal(error.code, 'TRIBES_NO_FREE_PORT')
  t.match(error.message, 'all ports from 5000 to 5001 of h cannot be bound')
  t.match(error.message, 'receiver.autoBind')
  t.equal((error.cause as { code?: string }).code, 'EADDRINUSE')
})

t.test('a port out of range is not tried, and port 0 is whatever is free', async t => {
  const w = world()
  const last = { port: 65_535, autoBind: 100 }
  t.equal((await node({ receiver: last }, w).transport.receiver.start()).port, 65_535)
  await t.rejects(node({ receiver: last }, w).transport.receiver.start(), {
    code: 'TRIBES_NO_FREE_PORT',
    lastPort: 65_535,
  })
  t.not((await node({ receiver: { port: 0 } }, w).transport.receiver.start()).port, 0)
})

t.test('an address that is not ours is said to be so, and no port is searched for', async t => {
  const w = world()
  const network = w.network.host('h')
  w.network.host = () => ({
    ...network,
    listen: () => Promise.reject(Object.assign(new Error('x'), { code: 'EADDRNOTAVAIL' })),
  })
  const start = node({}, w).transport.receiver.start()
  await t.rejects(start, { code: 'TRIBES_CANNOT_BIND', message: /receiver\.address/, cause: { code: 'EADDRNOTAVAIL' } })
})

t.test('where no file descriptor is left it is not the address that is wrong', async t => {
  const w = world()
  const network = w.network.host('h')
  w.network.host = () => ({
    ...network,
    listen: () => Promise.reject(Object.assign(new Error('listen EMFILE'), { code: 'EMFILE' })),
  })
  const start = node({}, w).transport.receiver.start()
  await t.rejects(start, { code: 'TRIBES_CANNOT_BIND', message: /listen EMFILE; raise the limit of open files/ })
})

t.test('start and stop may be called twice, and after a failed start it can be tried again', async t => {
  const w = world()
  const { receiver } = node({ receiver: { autoBind: 1 } }, w).transport
  const blocker = node({ receiver: { autoBind: 1 } }, w).transport.receiver
  await blocker.start()
  await t.rejects(receiver.start(), { code: 'TRIBES_NO_FREE_PORT' })
  await receiver.stop()
  await blocker.stop()
  await blocker.stop()
  const [one, two] = await Promise.all([receiver.start(), receiver.start()])
  t.strictSame(one, two)
  await receiver.stop()
  t.equal((await blocker.start()).port, 4000, 'the port is free again')
})

/** Looks twice a second for two seconds; what it is told. */
async function lookAround({ transport }: TransportNode, fromMs = 0): Promise<object[]> {
  const told: object[] = []
  for (let nowMs = fromMs; nowMs <= fromMs + 2_000; nowMs += 500) {
    const address = await transport.receiver.relocated(nowMs)
    if (address) told.push(address)
  }
  return told
}

t.test('whoever chose its address itself listens at the next one when that is gone', async t => {
  const w = world()
  const addresses = [v4('10.0.0.5')]
  const one = node({ addresses, receiver: { autoBind: 1 } }, w)
  t.strictSame(await lookAround(one), [], 'not before it has started')
  await one.transport.receiver.start()
  t.strictSame(await lookAround(one), [])
  addresses[0] = v4('10.0.0.6')
  t.strictSame(await lookAround(one, 10_000), [{ host: '10.0.0.6', port: 4000 }])
  t.equal((await node({ addresses: [v4('10.0.0.5')] }, w).transport.receiver.start()).port, 4000, 'it listens no more')
  await one.transport.receiver.stop()
  t.equal((await node({ addresses }, w).transport.receiver.start()).port, 4000)
})

t.test('what listens everywhere only says that it is elsewhere; what was told where to be stays', async t => {
  for (const [receiver, expected] of [
    [{ address: '0.0.0.0' }, [{ host: '10.0.0.6', port: 4000 }]],
    [{ address: '0.0.0.0', advertisedAddress: 'cat.example' }, []],
    [{ address: '10.0.0.5' }, []],
  ] as const) {
    const addresses = [v4('10.0.0.5')]
    const one = node({ addresses, receiver })
    await one.transport.receiver.start()
    addresses[0] = v4('10.0.0.6')
    t.strictSame(await lookAround(one), expected)
  }
})

t.test('where it cannot listen yet it tries again', async t => {
  const w = world()
  const addresses = [v4('10.0.0.5')]
  const one = node({ addresses, receiver: { autoBind: 1 } }, w)
  await one.transport.receiver.start()
  const other = node({ addresses: [v4('10.0.0.6')] }, w)
  await other.transport.receiver.start()
  addresses[0] = v4('10.0.0.6')
  t.strictSame(await lookAround(one), [])
  t.match(one.log.at(-1), /may have another address now, and the receiver cannot listen there/)
  await other.transport.receiver.stop()
  t.strictSame(await lookAround(one, 10_000), [{ host: '10.0.0.6', port: 4000 }])
})

t.test('while it cannot listen elsewhere it goes on listening where it is, and that may come back', async t => {
  const w = world()
  const addresses = [v4('10.0.0.5')]
  const one = node({ addresses, receiver: { autoBind: 1 } }, w)
  await one.transport.receiver.start()
  const other = node({ addresses: [v4('10.0.0.6')] }, w)
  await other.transport.receiver.start()
  addresses[0] = v4('10.0.0.6')
  await lookAround(one)
  addresses[0] = v4('10.0.0.5')
  t.strictSame(await lookAround(one, 10_000), [])
  await w.clock.until(w.network.host('x').connect({ host: '10.0.0.5', port: 4000 }, 100))
  await one.transport.receiver.stop()
  t.equal((await node({ addresses }, w).transport.receiver.start()).port, 4000)
})

t.test('a receiver that is stopped while it moves listens nowhere', async t => {
  for (const isFree of [true, false]) {
    const w = world()
    const addresses = [v4('10.0.0.5')]
    const one = node({ addresses, receiver: { autoBind: 1 } }, w)
    await one.transport.receiver.start()
    if (!isFree) await node({ addresses: [v4('10.0.0.6')] }, w).transport.receiver.start()
    addresses[0] = v4('10.0.0.6')
    for (const nowMs of [0, 500]) await one.transport.receiver.relocated(nowMs)
    const moving = one.transport.receiver.relocated(1_000)
    await one.transport.receiver.stop()
    t.equal(await moving, undefined)
    const refused = { code: 'ECONNREFUSED' }
    const connect = (host: string) => w.clock.until(w.network.host('x').connect({ host, port: 4000 }, 100))
    await t.rejects(connect('10.0.0.5'), refused)
    if (isFree) await t.rejects(connect('10.0.0.6'), refused)
  }
})
