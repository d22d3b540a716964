import { createSocket } from 'node:dgram'
import { readdirSync, readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { serialize } from 'node:v8'
import { ChannelInterceptor, type ChannelMessage, type Delivery } from '@clowder/tribes'
import t, { type Test } from 'tap'
import { type Cluster, type ClusterOptions, createCluster } from '../../packages/clowder/src/index.js'
import { get, serve } from '../../packages/clowder/test/support/test-node.js'
import { ManInTheMiddle } from '../../packages/node/test/support/man-in-the-middle.js'
import { freshMulticastPort } from '../support/test-cluster.js'

// What other clusters were broken with, tried on this one. SECURITY.md names these tests beside the attacks that they answer.

const SECRET = 'a secret of at least thirty-two bytes'
const MEGABYTE = 1_048_576
const root = fileURLToPath(new URL('../..', import.meta.url))

// Nothing of a cluster keeps the process open, and this test has nothing else that would.
const hold = setInterval(() => {}, 1_000_000)
t.teardown(() => clearInterval(hold))

/** Looks every few milliseconds; the test's own timeout ends it. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(resolve => setTimeout(resolve, 2))
}

async function started(t: Test, options: ClusterOptions): Promise<Cluster> {
  const cluster = await createCluster({ logger: false, ...options })
  t.teardown(() => cluster.stop())
  return cluster
}

/** Two members that see each other, on a multicast port of their own; `first`: what only the first has. */
async function pair(t: Test, given: ClusterOptions = {}, first: ClusterOptions = {}, port = freshMulticastPort()) {
  const membership = { port, bind: '127.0.0.1' }
  const options = { membership, receiver: { port: 0, address: '127.0.0.1' }, logger: false as const, ...given }
  const one = await createCluster({ ...options, ...first, jvmRoute: 'one' })
  const two = await createCluster({ ...options, jvmRoute: 'two' })
  t.teardown(() => Promise.all([one.stop(), two.stop()]))
  await until(() => one.members().length === 1 && two.members().length === 1)
  return [one, two] as const
}

/** Says it to the member's port; resolves when the member has closed, with what it answered. */
function said(to: Cluster, ...words: Uint8Array[]): Promise<Buffer> {
  const { host, port } = to.localMember()
  const socket = connect({ host, port })
  const answer: Buffer[] = []
  socket.on('data', bytes => answer.push(bytes)).on('error', () => {})
  for (const bytes of words) socket.write(bytes)
  return new Promise(resolve => socket.once('close', () => resolve(Buffer.concat(answer))))
}

/** The id of a new session on `on` with the attribute `x`, on its way to the others. */
function sessionWith(on: Cluster, x: unknown): string {
  const session = on.manager.createSession()
  session.setAttribute('x', x)
  on.manager.requestCompleted(session, 'async')
  return session.id
}

const JAVA_OBJECT = Buffer.from('aced0005737200116a6176612e7574696c2e48617368536574ba44859596b8b7340300007870', 'hex')
const lengthOf = (bytes: number) =>
  Buffer.from([bytes >>> 24, bytes >>> 16, bytes >>> 8, bytes].map(byte => byte & 255))
const HOSTILE_WORDS: Record<string, Buffer> = {
  'a serialized Java object': JAVA_OBJECT,
  'a frame of Tomcat with one in it': Buffer.concat([
    Buffer.from('FLT2002'),
    lengthOf(JAVA_OBJECT.length),
    JAVA_OBJECT,
    Buffer.from('TLF2003'),
  ]),
  'a value that v8 has serialized': serialize({ __proto__: { polluted: true }, run: 'process.exit(9)' }),
  'JSON that looks like an object with code': Buffer.from(
    '{"__proto__":{"polluted":true},"rce":"_$$ND_FUNC$$_function(){process.exit(9)}()"}',
  ),
  'an HTTP request': Buffer.from('PUT /../../sessions/x.session HTTP/1.1\r\nContent-Range: bytes 0-9/99\r\n\r\n'),
  'a length of 4 GiB': lengthOf(0xffff_ffff),
  'a length of 2 GiB': lengthOf(0x7fff_ffff),
  'a hello of a mebibyte': Buffer.concat([lengthOf(MEGABYTE), Buffer.from([1, 1, 0, 0])]),
}

/** To the group at `port`, as somebody on this host. */
async function shout(port: number, datagrams: readonly Buffer[]): Promise<void> {
  const socket = createSocket('udp4')
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve))
  socket.setMulticastInterface('127.0.0.1')
  await Promise.all(datagrams.map(words => new Promise(resolve => socket.send(words, port, '228.0.0.4', resolve))))
  socket.close()
}

for (const [who, options] of [
  ['without a secret', {}],
  ['with a secret', { secret: SECRET }],
] as const) {
  t.test(
    `serialized objects, code and huge lengths at the ports of a member ${who} do nothing but close a connection`,
    async t => {
      const port = freshMulticastPort()
      const [one, two] = await pair(t, options, {}, port)
      const rss = process.memoryUsage.rss()
      for (const [what, words] of Object.entries(HOSTILE_WORDS)) {
        const answers = await Promise.all(Array.from({ length: 16 }, () => said(one, words)))
        t.equal(Buffer.concat(answers).length, 0, `${what}: there is no answer`)
      }
      await shout(port, Object.values(HOSTILE_WORDS))
      await until(() => one.inspect().multicast!.malformed >= Object.keys(HOSTILE_WORDS).length)
      t.ok(process.memoryUsage.rss() - rss < 64 * MEGABYTE, 'no length was believed')
      t.equal(({} as { polluted?: boolean }).polluted, undefined)
      t.strictSame(
        [one, two].map(member => member.members().length),
        [1, 1],
      )
      const id = sessionWith(one, 'still here')
      await until(() => two.manager.sessionIds().includes(id))
    },
  )
}

const MARKER = 'M'.repeat(200)

/** A member that says of a value what it likes: hostile bytes where MARKER was encoded. */
class Forger extends ChannelInterceptor {
  hostile: Buffer = Buffer.alloc(0)

  override sendMessage(message: ChannelMessage, delivery: Delivery): void {
    const body = Buffer.from(message.body)
    const at = body.indexOf(MARKER) - 2
    // An array of the hostile value and of as many bytes as are left.
    const rest = MARKER.length + 2 - 3 - this.hostile.length
    if (at > 0) Buffer.concat([Buffer.of(0x92), this.hostile, Buffer.of(0xc4, rest), Buffer.alloc(rest)]).copy(body, at)
    this.below.sendMessage({ ...message, body }, delivery)
  }
}

const textOf = (text: string) => Buffer.concat([Buffer.of(0xa0 + text.length), Buffer.from(text)])
const mapOf = (key: string, value: Buffer) => Buffer.concat([Buffer.of(0x81), textOf(key), value])
const recordOf = (key: string) =>
  Buffer.concat([Buffer.of(0xd4, 0x72, 0x40, 0x91, 0xd9, key.length), Buffer.from(key), Buffer.of(0x91, 0x01)])
const POLLUTED = mapOf('polluted', Buffer.of(0xc3))
/** In msgpack, with the extensions that msgpackr has. */
const HOSTILE_VALUES: Record<string, Buffer> = {
  'a record whose key is code': recordOf('a:1};globalThis.polluted=true;x={b'),
  'a record named __proto__': recordOf('__proto__'),
  'a map with __proto__': mapOf('__proto__', POLLUTED),
  'a map with constructor.prototype': mapOf('constructor', mapOf('prototype', POLLUTED)),
  'an object that would be a promise': mapOf('then', textOf('function(){}')),
  'a list of 4 billion': Buffer.from('ddffffffff', 'hex'),
  'a map of 4 billion': Buffer.from('dfffffffff', 'hex'),
  'four gigabytes': Buffer.from('c6ffffffff', 'hex'),
  'an extension of four gigabytes': Buffer.from('c9ffffffff74', 'hex'),
  'a typed array of a length that does not fit': Buffer.from('c7037407010203', 'hex'),
  'a reference to what is not there': Buffer.from('d67000000063', 'hex'),
  'lists in lists': Buffer.alloc(150, 0x91),
  'an error of a made-up class': Buffer.concat([Buffer.of(0xc7, 9, 0x65, 0x92), textOf('Evil'), textOf('xy')]),
  'an extension that nobody knows': Buffer.from('d47fff', 'hex'),
}

t.test(
  'a member that is hostile itself says objects with code, prototypes and endless lists: values of their session, or errors of it',
  async t => {
    const forger = new Forger()
    const [evil, good] = await pair(t, {}, { interceptors: [forger] })
    for (const [what, bytes] of Object.entries(HOSTILE_VALUES)) {
      forger.hostile = bytes
      const id = sessionWith(evil, MARKER)
      await until(() => good.manager.sessionIds().includes(id))
      t.match(outcomeOf(good, id), /^(a value|CLOWDER_UNDECODABLE_VALUE)$/, what)
    }
    t.equal(({} as { polluted?: boolean }).polluted, undefined)
    t.equal((globalThis as { polluted?: boolean }).polluted, undefined)
    const id = sessionWith(good, 'still here')
    await until(() => evil.manager.sessionIds().includes(id))
  },
)

/** What reading the attribute gives. */
function outcomeOf(cluster: Cluster, id: string): string | undefined {
  try {
    const value = cluster.manager.peekSession(id)!.getAttribute('x')
    return value !== MARKER && value !== undefined ? 'a value' : 'nothing was forged'
  } catch (error) {
    return (error as { code?: string }).code
  }
}

const PATHS = ['../../x', '..%2f..%2fx', '/etc/passwd', 'C:\\x', '.session/../x', '__proto__', `x${'/'.repeat(100)}`]

t.test(
  "session ids that are paths: a cookie with one is nobody's, and a session under one is a key in memory",
  async t => {
    const [one, two] = await pair(t, { secret: SECRET })
    const server = await serve(two, 'nodeHttp', req => {
      const session = req.session as unknown as { x?: string }
      const { x } = session
      session.x = 'mine'
      return x ?? 'nothing'
    })
    t.teardown(() => server.close())
    for (const path of PATHS) {
      const session = one.manager.createSession(path)
      session.setAttribute('x', 'of another')
      one.manager.requestCompleted(session, 'async')
      await until(() => two.manager.sessionIds().includes(path))
      for (const value of [path, `${path}.`, `${path}..${'A'.repeat(43)}`, encodeURIComponent(path)]) {
        const { body, cookie } = await get(server, `clowder.sid=${value}`)
        t.equal(body, 'nothing', value)
        t.match(cookie, /^clowder\.sid=[\w-]{32}\./, 'a new id was made')
      }
    }
  },
)

t.test('nothing in what an application installs writes a file, starts a process or makes code of text', async t => {
  const forbidden =
    /'node:(child_process|cluster|vm|worker_threads|repl|inspector)'|\beval\(|new Function|writeFile|createWriteStream|appendFile|openSync|mkdir|rename\(|unlink/
  for (const name of ['tribes', 'ha', 'http', 'node', 'clowder']) {
    const folder = join(root, 'packages', name, 'src')
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'))
    const guilty = files.filter(file => forbidden.test(readFileSync(join(folder, file), 'utf8')))
    t.strictSame(guilty, [], name)
    t.ok(files.length > 10)
  }
})

t.test('what two members said, recorded and said again to either and to a third, is heard by none', async t => {
  const listening = { secret: SECRET, receiver: { port: 0, address: '127.0.0.1' } }
  const alone = (members: string[]) => ({ ...listening, membership: { multicast: false, members } })
  const nowhere = ['127.0.0.1:1']
  const two = await started(t, { ...alone(nowhere), jvmRoute: 'two' })
  const third = await started(t, { ...alone(nowhere), jvmRoute: 'third' })
  const man = await ManInTheMiddle.before(two.localMember())
  t.teardown(() => man.close())
  const one = await started(t, { ...alone([`127.0.0.1:${man.address.port}`]), jvmRoute: 'one' })
  await until(() => one.members().length === 1 && two.members().length === 1)
  const id = sessionWith(one, 'said on the way')
  await until(() => two.manager.sessionIds().includes(id))
  const words = man.saidBy('dialler')
  t.ok(words.length > 500 && !words.includes('said on the way'), 'all of it went that way, and none of it can be read')
  const ended = two.manager.peekSession(id)!
  ended.invalidate()
  two.manager.requestCompleted(ended, 'async')
  await until(() => !one.manager.sessionIds().includes(id))

  const before = [one, two, third].map(({ manager }) => manager.sessionIds().length)
  for (const member of [two, third, one]) {
    const { accepted } = member.inspect().security!
    for (const from of [0, 64, words.length >> 1]) await said(member, words.subarray(from))
    await said(member, words.subarray(0, 64), words)
    t.equal(member.inspect().security!.accepted, accepted, member.localMember().name)
  }
  t.strictSame(
    [one, two, third].map(({ manager }) => manager.sessionIds().length),
    before,
  )
  t.strictSame(
    [one, two, third].map(member => member.members().length),
    [1, 1, 0],
  )
})

t.test('an option that promises security and does nothing is refused', async t => {
  const given: ClusterOptions[] = [
    { receiver: { securePort: 4443 } as object },
    { encryptionKey: 'cafebabedeadbeef' } as object,
    { secret: 'short' },
    { insecure: true, tls: { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' } },
  ]
  for (const options of given) await t.rejects(createCluster(options), { code: 'CLOWDER_BAD_OPTIONS' })
})
