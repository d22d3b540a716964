import { connect } from 'node:net'
import type { Address, Network } from '@clowder/tribes'
import t from 'tap'
import { NotSecuredError, nodeNetwork, StreamRefusedError } from '../src/index.js'
import { keepOpen, until } from './support/keep-open.js'
import { ManInTheMiddle } from './support/man-in-the-middle.js'
import { memberNetwork, SECRET } from './support/secure-network.js'
import { streamSuite } from './support/stream-suite.js'

keepOpen()
const ANYWHERE = { host: '127.0.0.1', port: 0 }

t.test('streams between members with one secret', async t => {
  streamSuite(t, memberNetwork().network)
})

t.test('members whose secrets differ refuse each other, and each says so once', async t => {
  const a = memberNetwork()
  const b = memberNetwork([`${SECRET}!`])
  const listener = await a.network.listen(ANYWHERE, () => t.fail('handed up'))
  for (let i = 0; i < 3; i++)
    await t.rejects(
      b.network.connect(listener.address, 1000),
      new StreamRefusedError(listener.address, 'other secret', false),
    )
  await until(() => a.network.inspect().refused === 3)
  t.match(a.warnings(), [{ message: /refused 127.0.0.1:\d+ \(other secret\): .*give every member the same secret/ }])
  t.match(b.warnings(), [{ message: /127.0.0.1:\d+ refused the connection \(other secret\): .*the same secret/ }])
  await listener.close()
})

t.test('a member without a secret is turned away without an answer', async t => {
  const a = memberNetwork()
  const listener = await a.network.listen(ANYWHERE, () => t.fail('handed up'))
  const plain = await nodeNetwork.connect(listener.address, 1000)
  let answered = 0
  const closed = new Promise(resolve =>
    plain.open({ data: bytes => void (answered += bytes.length), drained() {}, closed: resolve }),
  )
  plain.write([Buffer.from('\0\0\0\x50hello')])
  await closed
  t.equal(answered, 0)
  t.match(a.warnings(), [{ message: /does not greet as a secured member does/ }])
  await listener.close()
})

t.test('who answers a greeting with something else, or not at all, is given up', async t => {
  const a = memberNetwork()
  const listener = await nodeNetwork.listen(ANYWHERE, stream => {
    stream.open({ data: () => stream.write([Buffer.from('HTTP/1.1 400 Bad Request')]), drained() {}, closed() {} })
  })
  await t.rejects(a.network.connect(listener.address, 1000), new NotSecuredError(listener.address))
  const silent = await nodeNetwork.listen(ANYWHERE, stream => stream.open({ data() {}, drained() {}, closed() {} }))
  await t.rejects(a.network.connect(silent.address, 100), { code: 'ETIMEDOUT', message: /not secure within 100 ms/ })
  t.match(a.network.inspect(), { notSecured: 1, timedOut: 1 })
  await Promise.all([listener.close(), silent.close()])
})

/** Undefined: the stream was handed over. */
async function codeOfDial(network: Network, address: Address): Promise<string | undefined> {
  try {
    const stream = await network.connect(address, 1000)
    stream.destroy()
    return undefined
  } catch (error) {
    return (error as { code: string }).code
  }
}

t.test('a greeting with any bit changed on the way ends in a closed connection', async t => {
  const [a, b] = [memberNetwork([SECRET, `${SECRET}2`]), memberNetwork([SECRET, `${SECRET}2`])]
  const listener = await a.network.listen(ANYWHERE, () => t.fail('handed up'))
  let bit = 0
  let side: 'dialler' | 'acceptor' = 'dialler'
  const man = await ManInTheMiddle.before(listener.address, (bytes, target, direction) => {
    if (direction === side && bytes.length === 64) bytes[bit >> 3]! ^= 1 << (bit & 7)
    target.write(bytes)
  })
  const codes = new Set<string | undefined>()
  for (side of ['dialler', 'acceptor'] as const)
    for (bit = 0; bit < 512; bit++) codes.add(await codeOfDial(b.network, man.address))
  t.strictSame([...codes].sort(), [
    'TRIBES_CONNECTION_CLOSED',
    'TRIBES_NOT_SECURED',
    'TRIBES_STREAM_HANDSHAKE',
    'TRIBES_STREAM_REFUSED',
  ])
  t.equal(a.network.inspect().accepted + b.network.inspect().dialled, 0)
  man.close()
  await listener.close()
})

t.test('a secret that is removed while a handshake is on its way ends that one, and nobody is warned', async t => {
  const secrets = [SECRET, `${SECRET}2`]
  const [a, b] = [memberNetwork(secrets), memberNetwork(secrets)]
  const [old, next] = a.keyring.keys.map(({ id }) => id)
  const listener = await a.network.listen(ANYWHERE, () => t.fail('handed up'))
  t.teardown(() => listener.close())
  const man = await ManInTheMiddle.before(listener.address, (bytes, target, direction) => {
    if (direction === 'dialler' && bytes.length > 64 && a.keyring.current.id === old) {
      a.keyring.use(next!, 1)
      a.keyring.remove(old!, 1)
    }
    target.write(bytes)
  })
  t.teardown(() => man.close())
  await b.network.connect(man.address, 1000).catch(error => t.equal(error.code, 'TRIBES_STREAM_HANDSHAKE'))
  await until(() => a.network.inspect().handshakesFailed === 1)
  t.strictSame([a.warnings(), b.warnings()], [[], []])
})

t.test(
  'too many connections of strangers: those of their host are closed unheard for a moment, it is said once, and members come in when they try again',
  async t => {
    const a = memberNetwork([SECRET], { maxStrangersPerSecond: 40 })
    const accepted: object[] = []
    const listener = await a.network.listen(ANYWHERE, stream => void accepted.push(stream))
    t.teardown(() => listener.close())
    const member = await memberNetwork().network.connect(listener.address, 1000)
    t.teardown(() => member.destroy())
    const stranger = memberNetwork([`${SECRET}!`])
    const turnedAway = async (count: number) => {
      const until = a.network.inspect().shed + count
      while (a.network.inspect().shed < until) await stranger.network.connect(listener.address, 1000).catch(() => {})
      return a.warnings().filter(({ message }) => message.startsWith('Too many connections')).length
    }
    t.equal(await turnedAway(3), 0, 'members that start together turn a few away: nobody is alarmed')
    t.equal(await turnedAway(220), 1)
    const newcomer = memberNetwork()
    while (accepted.length < 2)
      await newcomer.network.connect(listener.address, 1000).then(
        stream => t.teardown(() => stream.destroy()),
        () => {},
      )
    t.ok(member.write([Buffer.from('who is connected stays so')]))
  },
)

t.test(
  'however many connections come from strange hosts, one from where a member was found is let in at once',
  async t => {
    const a = memberNetwork([SECRET], { maxStrangersPerSecond: 20 })
    const listener = await a.network.listen({ host: '127.0.0.1', port: 0 }, stream => stream.destroy())
    t.teardown(() => listener.close())
    const member = memberNetwork()
    await member.network.connect(listener.address, 1000)
    while (a.network.inspect().shed < 50) {
      const stranger = connect({ ...listener.address, localAddress: `127.0.2.${1 + (a.network.inspect().shed % 9)}` })
      await new Promise(resolve => stranger.on('error', resolve).on('close', resolve).end('no greeting'))
    }
    const closed = a.network.inspect().shed
    await member.network.connect(listener.address, 1000)
    await until(() => a.network.inspect().accepted === 2)
    t.equal(a.network.inspect().shed, closed)
  },
)
