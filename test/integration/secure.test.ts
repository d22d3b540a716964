import { type Cluster, type ClusterOptions, createCluster } from 'clowder'
import t, { type Test } from 'tap'
import type { AppProcess } from '../support/app-process.js'
import { CertificateAuthority } from '../support/certificate-authority.js'
import { Client } from '../support/client.js'
import { freshMulticastPort, startCluster } from '../support/test-cluster.js'

const SECRET = 'a secret of at least thirty-two bytes'
const LOOPBACK = '127.0.0.1'

// Nothing of a cluster keeps the process open.
const open = setInterval(() => {}, 1000)
t.teardown(() => clearInterval(open))

t.test('three processes with one secret share their sessions, on encrypted connections only', async t => {
  const apps = await startCluster(['n1', 'n2', 'n3'], {
    secret: SECRET,
    membership: { bind: LOOPBACK },
    receiver: { address: LOOPBACK },
  })
  t.teardown(() => Promise.all(apps.map(app => app.destroy())))
  await counts(t, apps)
})

t.test('three processes with certificates and no secret share their sessions', async t => {
  const authority = new CertificateAuthority()
  t.teardown(() => authority.close())
  const firstPort = 10_000 + (freshMulticastPort() % 10_000)
  const ports = [0, 1, 2].map(n => firstPort + n)
  const members = ports.map(port => `${LOOPBACK}:${port}`)
  const nodes = await Promise.all(
    ports.map((port, n) =>
      createCluster({
        tls: authority.issue([`DNS:n${n}`]),
        jvmRoute: `n${n}`,
        logger: false,
        membership: { multicast: false, members },
        receiver: { address: LOOPBACK, port, autoBind: 1 },
      }),
    ),
  )
  t.teardown(() => Promise.all(nodes.map(node => node.stop())))
  await Promise.all(nodes.map(node => membersOf(node, 2)))
  const session = nodes[0]!.manager.createSession()
  session.setAttribute('user', 'Ada')
  nodes[0]!.manager.requestCompleted(session, 'async')
  await enough(() => nodes.every(({ manager }) => manager.findSession(session.id).kind === 'here'))
  for (const { manager } of nodes) {
    const found = manager.findSession(session.id)
    t.equal(found.kind === 'here' && found.session.getAttribute('user'), 'Ada')
  }
  t.match(nodes[0]!.inspect().security, { handshakesFailed: 0, refused: 0 })
})

/** What two members say who list each other, and why they do not come together. */
const STRANGERS: readonly (readonly [string, ClusterOptions, ClusterOptions, RegExp])[] = [
  ['secrets differ', { secret: SECRET }, { secret: `${SECRET}!` }, /\(other secret\): the secrets differ/],
  [
    'names differ',
    { secret: SECRET },
    { secret: SECRET, name: 'dogs' },
    /\(other cluster\): the names of the clusters/,
  ],
  ['one has no secret', { secret: SECRET }, {}, /give every member the same/],
]

for (const [situation, one, other, words] of STRANGERS) {
  t.test(`two members whose ${situation} each say so in one line, and what to do`, async t => {
    const [a, b] = [await stranger(t, one), await stranger(t, other)]
    await a.startWith(b)
    await b.startWith(a)
    await Promise.all([a.warned, b.warned])
    // Both have dialled: each direction would have a line of its own, if they were not taken for one.
    await enough(() => a.attempts() > 0 && b.attempts() > 0)
    for (const { warnings } of [a, b]) {
      t.equal(warnings.length, 1, warnings.join('\n'))
      t.match(warnings[0], words)
    }
    t.strictSame([a.cluster().members(), b.cluster().members()], [[], []])
  })
}

t.test('a certificate for another member is refused, and both sides say so', async t => {
  const authority = new CertificateAuthority()
  t.teardown(() => authority.close())
  const a = await stranger(t, { jvmRoute: 'n1', tls: authority.issue(['DNS:n1']) })
  const b = await stranger(t, { jvmRoute: 'n2', tls: authority.issue(['DNS:n3']) })
  await a.startWith(b)
  await b.startWith(a)
  await Promise.all([a.warned, b.warned])
  for (const { warnings } of [a, b]) await enough(() => warnings.some(text => text.includes('other name')))
  t.strictSame([a.cluster().members(), b.cluster().members()], [[], []])
})

t.test('a member whose own certificate is for somebody else says so when it starts', async t => {
  const authority = new CertificateAuthority()
  t.teardown(() => authority.close())
  const errors: string[] = []
  const quiet = () => {}
  const logger = { debug: quiet, info: quiet, warn: quiet, error: (_: object, text: string) => errors.push(text) }
  for (const name of ['n3', 'n2']) {
    const cluster = await createCluster({
      jvmRoute: 'n2',
      tls: authority.issue([`DNS:${name}`]),
      logger,
      membership: { multicast: false, members: [`${LOOPBACK}:9`] },
      receiver: { address: LOOPBACK, port: 0 },
    })
    await cluster.stop()
  }
  t.equal(errors.length, 1)
  t.match(errors[0], /The certificate in tls\.cert is for n3, and this member is n2 at 127\.0\.0\.1/)
})

async function counts(t: Test, apps: readonly AppProcess[]): Promise<void> {
  const client = new Client()
  t.teardown(() => client.close())
  for (let n = 1; n <= 30; n++) {
    const { body } = await client.get(apps[n % apps.length]!, '/count')
    t.equal(body.count, n)
  }
}

let strangers = 0

/** A member that knows where one other may be. */
async function stranger(t: Test, options: ClusterOptions) {
  // Below those that the system gives to outgoing connections.
  const port = 20_000 + ((process.pid * 37 + strangers++ * 11) % 12_000)
  const warnings: string[] = []
  let tell = () => {}
  const warned = new Promise<void>(resolve => {
    tell = resolve
  })
  const warn = (_fields: object, message: string) => {
    warnings.push(message)
    tell()
  }
  let cluster: Cluster | undefined
  t.teardown(() => cluster?.stop())
  return {
    port,
    warnings,
    warned,
    cluster: () => cluster!,
    attempts: () => cluster!.inspect().transport!.dialsFailed,
    startWith: async (other: { readonly port: number }) => {
      cluster = await createCluster({
        name: 'cats',
        logger: { debug() {}, info() {}, warn, error: warn },
        ...options,
        membership: { multicast: false, members: [`${LOOPBACK}:${other.port}`], discoveryTime: 50 },
        receiver: { address: LOOPBACK, port, autoBind: 1 },
      })
    },
  }
}

async function enough(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise(resolve => setTimeout(resolve, 10))
}

function membersOf(cluster: Cluster, count: number): Promise<void> {
  return enough(() => cluster.members().length === count)
}

t.test(
  'a member without a secret does not let in who says that it is at another host, though it comes from this one',
  async t => {
    const warnings: string[] = []
    const quiet = () => {}
    const logger = { debug: quiet, info: quiet, error: quiet, warn: (_: object, text: string) => warnings.push(text) }
    const stays = await createCluster({ logger, membership: { port: freshMulticastPort() }, receiver: { port: 0 } })
    const { port } = stays.localMember()
    const stranger = await createCluster({
      logger: false,
      insecure: true,
      membership: { multicast: false, members: [`${LOOPBACK}:${port}`] },
      receiver: { address: LOOPBACK, advertisedAddress: '192.0.2.7', port: 0 },
    })
    t.teardown(() => Promise.all([stays.stop(), stranger.stop()]))
    await enough(() => warnings.some(text => text.includes('192.0.2.7') && text.includes('(other host)')))
    t.strictSame([stays.members(), stranger.members()], [[], []])
  },
)
