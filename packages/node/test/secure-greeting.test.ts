import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import t from 'tap'
import { nodeNetwork, plainNetwork } from '../src/index.js'
import {
  clusterHash,
  decodeGreeting,
  encodeGreeting,
  type Greeting,
  mayBecomeGreeting,
} from '../src/secure/greeting.js'
import { judgementOf, type Self } from '../src/secure/verdict.js'
import { keepOpen, until } from './support/keep-open.js'
import { listeningLogger, memberNetwork } from './support/secure-network.js'
import { StreamEnd } from './support/stream-end.js'

keepOpen()
const ANYWHERE = { host: '127.0.0.1', port: 0 }
const [A, B, C] = ['aa'.repeat(8), 'bb'.repeat(8), 'cc'.repeat(8)] as const
const GREETING: Greeting = {
  lowestProtocol: 1,
  highestProtocol: 2,
  verdict: 'welcome',
  cluster: clusterHash('shop'),
  keyIds: [A, B],
  chosenKeyId: B,
}

t.test('a greeting is 64 bytes, and the same when it is read', async t => {
  const bytes = encodeGreeting(GREETING)
  t.equal(bytes.length, 64)
  t.strictSame(decodeGreeting(bytes), GREETING)
  const { chosenKeyId: _, ...bare } = { ...GREETING, keyIds: [], verdict: 'dialler' as const }
  t.strictSame(decodeGreeting(encodeGreeting(bare)), bare)
})

t.test('anything else is none, as soon as it can be told', async t => {
  const bytes = encodeGreeting(GREETING)
  t.equal(decodeGreeting(bytes.subarray(0, 63)), undefined)
  for (const [at, byte] of [
    [0, 0],
    [4, 2],
    [5, 3],
    [7, 8],
  ] as const)
    t.equal(decodeGreeting(Buffer.concat([bytes.subarray(0, at), Buffer.of(byte), bytes.subarray(at + 1)])), undefined)
  for (let length = 0; length < 64; length++) t.ok(mayBecomeGreeting(bytes.subarray(0, length)))
  for (const words of ['C!', 'GET / HTTP/1.1', 'CLWD', 'CLWS\x02']) t.notOk(mayBecomeGreeting(Buffer.from(words)))
})

const here = (changes: Partial<Self> = {}): Self => ({
  lowestProtocol: 2,
  highestProtocol: 3,
  cluster: 'shop',
  keyIds: [A, B],
  ...changes,
})

const CASES: readonly (readonly [string, Self, Self, string])[] = [
  ['the same', here(), here(), A],
  ['the acceptor uses another now', here({ keyIds: [B, A] }), here(), A],
  ['the dialler has not heard of that yet', here({ keyIds: [B] }), here(), B],
  ['only old ones in common', here({ keyIds: [C, B] }), here({ keyIds: [A, B] }), B],
  ['none in common', here({ keyIds: [C] }), here(), 'other secret'],
  ['a newer version', here({ lowestProtocol: 3, highestProtocol: 4 }), here(), 'welcome'],
  ['a much newer version', here({ lowestProtocol: 4, highestProtocol: 5 }), here(), 'other protocol'],
  ['a much older version', here({ lowestProtocol: 1, highestProtocol: 1 }), here(), 'other protocol'],
  ['another cluster with the same secrets', here({ cluster: 'dogs' }), here(), 'other cluster'],
  ['certificates and certificates', here({ keyIds: [] }), here({ keyIds: [] }), 'welcome'],
  ['certificates at a secret', here({ keyIds: [] }), here(), 'secret wanted'],
  ['a secret at certificates', here(), here({ keyIds: [] }), 'certificates wanted'],
]

for (const [situation, dialler, acceptor, expected] of CASES) {
  t.test(`${situation}: ${expected}`, async t => {
    const { verdict, chosenKeyId } = judgementOf(dialler, acceptor)
    t.ok([verdict, chosenKeyId].includes(expected as typeof verdict))
  })
}

t.test('another range of protocols is refused, with one line on either side', async t => {
  const [a, b] = [memberNetwork(), memberNetwork()]
  const listener = await a.network.listen(ANYWHERE, () => t.fail('handed up'))
  const answers: Buffer[] = []
  for (let i = 0; i < 3; i++) {
    const newer = connect(listener.address).on('data', bytes => answers.push(bytes))
    const { chosenKeyId: _, ...question } = { ...GREETING, lowestProtocol: 200, highestProtocol: 201 }
    newer.write(encodeGreeting({ ...question, verdict: 'dialler' }))
    await once(newer, 'close')
  }
  t.equal(decodeGreeting(answers[0]!)?.verdict, 'other protocol')
  t.match(a.warnings(), [{ message: /other protocol.*one minor version apart/ }])
  const server = createServer(socket => socket.end(answers[0]!)).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { address: host, port } = server.address() as AddressInfo
  for (let i = 0; i < 3; i++)
    await t.rejects(b.network.connect({ host, port }, 1000), { code: 'TRIBES_STREAM_REFUSED' })
  t.match(b.warnings(), [{ message: /other protocol.*one minor version apart/ }])
  await listener.close()
})

t.test('a member without a secret tells those with one apart, whoever dials', async t => {
  const { lines, logger } = listeningLogger()
  const plain = plainNetwork({ logger })
  const secured = memberNetwork()
  const plainListener = await plain.listen(ANYWHERE, stream => void new StreamEnd(stream))
  const reason = 'no secret here'
  await t.rejects(secured.network.connect(plainListener.address, 1000), { code: 'TRIBES_STREAM_REFUSED', reason })
  t.match(lines, [{ level: 'warn', message: /refused .*no secret here.*the same secret/ }])
  t.match(secured.warnings(), [{ message: /refused the connection \(no secret here\)/ }])
  await plainListener.close()
})

t.test('and says so when it is hung up on for the second time', async t => {
  const { lines, logger } = listeningLogger()
  const plain = plainNetwork({ logger })
  const secured = memberNetwork()
  const listener = await secured.network.listen(ANYWHERE, () => t.fail('handed up'))
  for (let i = 0; i < 4; i++) {
    const end = new StreamEnd(await plain.connect(listener.address, 1000))
    end.stream.write([Buffer.from('hello, this is a member')])
    await until(() => end.closed.length === 1)
    t.equal(lines.length, i < 1 ? 0 : 1)
  }
  t.match(lines, [{ message: /hangs up as soon as it is spoken to: it has a secret/ }])
  await listener.close()
})

t.test('who is to stay on its host dials nobody elsewhere, whoever names the address', async t => {
  const { logger } = listeningLogger()
  const plain = plainNetwork({ logger }, { acceptsHost: host => host.startsWith('127.') })
  const elsewhere = plain.connect({ host: '192.0.2.7', port: 4000 }, 1000)
  await t.rejects(elsewhere, { code: 'TRIBES_NOT_SECURED', message: /not on this host.*no secret/ })
})

t.test('between members without a secret nothing is different', async t => {
  const { lines, logger } = listeningLogger()
  const plain = plainNetwork({ logger })
  const ends: StreamEnd[] = []
  const listener = await plain.listen(ANYWHERE, stream => void ends.push(new StreamEnd(stream)))
  for (const network of [plain, nodeNetwork]) {
    const end = new StreamEnd(await network.connect(listener.address, 1000))
    end.stream.write([Buffer.from('CLWS is how greetings begin, and this is none')])
    await until(() => ends.at(-1)?.text.endsWith('none') === true)
    end.stream.destroy()
  }
  t.strictSame(lines, [])
  await listener.close()
})
