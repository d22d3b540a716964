import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import t, { type Test } from 'tap'
import { type Cluster, type ClusterOptions, createCluster, EncryptInterceptor } from '../src/index.js'
import { get, isolated, memberCount, serve } from './support/test-node.js'

// Domains and encryption as Tomcat's users know them (TestDomainFilterInterceptor, TestEncryptInterceptor), between real members.

const SECRET = 'a secret of at least thirty-two bytes'
const MARK = 0x58
const MOST_BYTES = 1_048_576 - 512

// Nothing of a cluster keeps the process open, and this test has nothing else that would.
const hold = setInterval(() => {}, 1_000_000)
t.teardown(() => clearInterval(hold))

/** Looks every few milliseconds; the test's own timeout ends it. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(resolve => setTimeout(resolve, 2))
}

async function started(t: Test, options: ClusterOptions): Promise<Cluster> {
  const cluster = await createCluster(options)
  t.teardown(() => cluster.stop())
  return cluster
}

function names(cluster: Cluster): string[] {
  return cluster.members().map(({ name }) => name)
}

/** Heartbeats of others that were not looked into. */
function strangers(cluster: Cluster): number {
  return cluster.inspect().multicast?.strangers ?? 0
}

/** A logger that keeps what people are warned of. */
function warnings() {
  const lines: string[] = []
  const warn = (_fields: object, message: string) => void lines.push(message)
  return { lines, logger: { debug() {}, info() {}, warn, error: warn } }
}

t.test('ten members of ten domains: nobody sees anybody', async t => {
  const options = isolated('shop')
  const domains = Array.from({ length: 10 }, (_, i) => `domain ${i}`)
  const inDomain = (domain: string) => ({
    ...options.membership,
    domain,
    domainFilter: true,
    frequency: 50,
    dropTime: 500,
  })
  const members = await Promise.all(
    domains.map(domain => started(t, { ...options, jvmRoute: domain.slice(-1), membership: inDomain(domain) })),
  )
  // Nine heartbeats of each of the others: whoever was to be seen has been.
  await until(() => members.every(member => strangers(member) > 81))
  for (const member of members) t.strictSame(names(member), [])
})

t.test('two domains of two: each sees its own, by heartbeat and by list, and sessions stay inside', async t => {
  const { lines, logger } = warnings()
  const { membership, ...options } = isolated('shop')
  const base = { ...options, secret: SECRET, logger }
  const bound = { receiver: { port: 0, address: '127.0.0.1' } }
  const own = (domain: string, members: string[] = []) => ({
    ...membership,
    bind: '127.0.0.1',
    resolveInterval: 100,
    domain,
    domainFilter: true,
    members,
  })
  const west1 = await started(t, { ...base, ...bound, jvmRoute: 'west1', membership: own('west') })
  const address = `127.0.0.1:${west1.localMember().port}`
  const east1 = await started(t, { ...base, ...bound, jvmRoute: 'east1', membership: own('east', [address]) })
  const west2 = await started(t, { ...base, ...bound, jvmRoute: 'west2', membership: own('west') })
  const east2 = await started(t, { ...base, ...bound, jvmRoute: 'east2', membership: own('east', [address]) })
  await Promise.all([west1, west2, east1, east2].map(member => memberCount(member, 1)))
  await until(() => east1.inspect().security!.refused > 2 && strangers(west1) > 10)
  t.strictSame([west1, west2, east1, east2].map(names), [['west2'], ['west1'], ['east2'], ['east1']])
  t.strictSame(west1.members()[0]?.domain, 'west')
  t.strictSame(
    lines.filter(line => /cluster/.test(line)),
    [],
    'that others are there is no mistake, and nobody is warned',
  )

  const add = (req: IncomingMessage) => {
    const session = req.session as unknown as { visits?: number }
    session.visits = (session.visits ?? 0) + 1
    return session.visits
  }
  const servers = await Promise.all([west1, west2, east1].map(member => serve(member, 'nodeHttp', add)))
  t.teardown(() => servers.map(server => server.close()))
  const { cookie } = await get(servers[0]!)
  t.equal((await get(servers[1]!, cookie)).body, 2, 'the other one of the domain has the session')
  t.equal((await get(servers[2]!, cookie)).body, 1, 'the other domain does not even accept its cookie')
  t.strictSame(
    [west1, west2].map(member => member.manager.inspect().sessions),
    [1, 1],
  )
  t.strictSame(
    [east1].map(member => member.manager.inspect().sessions),
    [1],
  )
})

t.test('a domain filter without a domain, or with more text than a heartbeat holds, is refused', async t => {
  const membership = { domainFilter: true }
  const path = (path: string) => ({ code: 'CLOWDER_BAD_OPTIONS', problems: [{ path }] })
  await t.rejects(createCluster({ membership }), path('membership.domainFilter'))
  const long = { domainFilter: true, domain: 'd'.repeat(57) }
  await t.rejects(createCluster({ membership: long }), path('membership.domain'))
})

/** Two members without a secret, each with an EncryptInterceptor of its key; an empty key: without one. */
async function encrypted(t: Test, keys: readonly [string, string]): Promise<[Cluster, Cluster]> {
  const options = isolated('encrypted')
  const layers = (encryptionKey: string) => (encryptionKey ? [new EncryptInterceptor({ encryptionKey })] : [])
  const one = await createCluster({ ...options, jvmRoute: 'one', interceptors: layers(keys[0]) })
  const two = await createCluster({ ...options, jvmRoute: 'two', interceptors: layers(keys[1]) })
  t.teardown(() => Promise.all([one.stop(), two.stop()]))
  await Promise.all([memberCount(one, 1), memberCount(two, 1)])
  return [one, two]
}

type Guarantee = 'use-ack' | 'synchronized-ack'

/** The code with which it failed; undefined: it was accepted. */
async function sent(from: Cluster, body: Uint8Array, guarantee: Guarantee = 'synchronized-ack') {
  const faults = await new Promise<readonly { cause: Error }[]>(resolve =>
    from.channel.post(from.members(), body, { guarantee }, { settled: ({ faulty }) => resolve(faulty) }),
  )
  return faults[0]?.cause.message
}

function listen(cluster: Cluster): Buffer[] {
  const received: Buffer[] = []
  cluster.channel.addChannelListener({
    accept: ({ body }) => body[0] === MARK,
    messageReceived: ({ body }) => void received.push(Buffer.from(body)),
  })
  return received
}

t.test('members with one encryptionKey replicate sessions, and messages of every length', async t => {
  const key = randomBytes(32).toString('hex')
  const [one, two] = await encrypted(t, [key, key])
  const received = listen(two)
  const bodies = [1, 2, 1000, MOST_BYTES].map(bytes => Buffer.concat([Buffer.from([MARK]), randomBytes(bytes - 1)]))
  for (const body of bodies) t.equal(await sent(one, body), undefined, `${body.length} bytes`)
  t.ok(Buffer.concat(received).equals(Buffer.concat(bodies)))
  const many = Array.from({ length: 1000 }, (_, n) => Buffer.from([MARK, n >> 8, n & 255]))
  t.strictSame(new Set(await Promise.all(many.map(body => sent(one, body)))), new Set([undefined]))
  t.ok(Buffer.concat(received.slice(bodies.length)).equals(Buffer.concat(many)), 'a thousand at a time, in order')

  const session = one.manager.createSession()
  session.setAttribute('user', 'ada')
  one.manager.requestCompleted(session, 'all')
  await until(() => two.manager.inspect().sessions === 1)
  t.pass('a session is there too')
})

for (const [what, keys] of [
  ['another key', [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')]],
  ['no EncryptInterceptor', ['', randomBytes(16).toString('hex')]],
] as const) {
  t.test(`who has ${what} is no member: nothing arrives, both are told why at once, and neither waits`, async t => {
    const options = isolated('encrypted')
    const said = [warnings(), warnings()]
    const [one, two] = await Promise.all(
      keys.map((encryptionKey, i) =>
        started(t, {
          ...options,
          jvmRoute: `${i}`,
          logger: said[i]!.logger,
          interceptors: encryptionKey ? [new EncryptInterceptor({ encryptionKey })] : [],
        }),
      ),
    )
    await until(() => said.every(({ lines }) => lines.length > 0))
    for (const { lines } of said) t.match(lines[0], /other encryption/)
    t.strictSame([names(one!), names(two!)], [[], []])
    t.notOk(said.flatMap(({ lines }) => lines).some(line => line.includes('did not answer')))
  })
}

t.test('what is no interceptor is refused, and so is one in two places', async t => {
  const encryptionKey = randomBytes(16).toString('hex')
  const wrong: unknown[] = [{}, [{}], [EncryptInterceptor], 'encrypt']
  for (const interceptors of wrong) {
    const options = { ...isolated('wrong'), interceptors: interceptors as ClusterOptions['interceptors'] }
    await t.rejects(createCluster(options as ClusterOptions), { code: 'CLOWDER_BAD_OPTIONS' })
  }
  const layer = new EncryptInterceptor({ encryptionKey })
  const twice = { ...isolated('twice'), interceptors: [layer, layer] }
  await t.rejects(createCluster(twice), { code: 'TRIBES_INTERCEPTOR_TAKEN' })
})
