import t from 'tap'
import { CertificateAuthority, type Issued } from '../../../test/support/certificate-authority.js'
import { CertificateCredentials, nodeNetwork, secureNetwork } from '../src/index.js'
import { keepOpen, until } from './support/keep-open.js'
import { ManInTheMiddle } from './support/man-in-the-middle.js'
import { listeningLogger, memberNetwork } from './support/secure-network.js'
import { connectedPair, StreamEnd } from './support/stream-end.js'
import { streamSuite } from './support/stream-suite.js'

keepOpen()
const ANYWHERE = { host: '127.0.0.1', port: 0 }
const authority = new CertificateAuthority()
t.teardown(() => authority.close())

function withCertificate(files: Issued) {
  const { lines, logger } = listeningLogger()
  const components = {
    credentials: new CertificateCredentials(files),
    logger,
    joinMulticast: nodeNetwork.joinMulticast,
  }
  const network = secureNetwork(components, { clusterName: 'shop', maxStrangersPerSecond: Number.POSITIVE_INFINITY })
  return { network, warnings: () => lines.filter(({ level }) => level === 'warn') }
}

t.test('streams between members with certificates', async t => {
  streamSuite(t, withCertificate(authority.issue(['DNS:n1'])).network)
})

t.test('both ends know for whom the certificate of the other is', async t => {
  const network = withCertificate(authority.issue(['DNS:n1', 'IP:127.0.0.1'])).network
  const { dialled, accepted } = await connectedPair(network)
  t.strictSame(dialled.stream.peerNames, ['n1', '127.0.0.1'])
  t.strictSame(accepted.stream.peerNames, ['n1', '127.0.0.1'])
})

t.test('an IPv6 address in a certificate is written as it is where it is dialled', async t => {
  const names = ['IP:2001:db8:0:0:0:0:0:7', 'IP:::1', 'IP:::ffff:10.0.0.3']
  const { dialled } = await connectedPair(withCertificate(authority.issue(names)).network)
  t.strictSame(dialled.stream.peerNames, ['2001:db8::7', '::1', '::ffff:10.0.0.3'])
})

t.test('a certificate of another authority, or one that has expired, is refused, and both sides say so', async t => {
  const others = new CertificateAuthority('dogs')
  t.teardown(() => others.close())
  const stranger = { ...others.issue(['DNS:n1']), ca: authority.ca }
  const good = authority.issue(['DNS:n1'])
  for (const bad of [stranger, authority.issue(['DNS:n1'], { days: -1 })]) {
    for (const [dialling, listening] of [
      [bad, good],
      [good, bad],
    ] as const) {
      const [a, b] = [withCertificate(listening), withCertificate(dialling)]
      const listener = await a.network.listen(ANYWHERE, () => t.fail('handed up'))
      await t.rejects(b.network.connect(listener.address, 2000), { code: 'TRIBES_STREAM_HANDSHAKE' })
      await until(() => a.network.inspect().handshakesFailed === 1)
      t.match(a.warnings(), [{ message: /no secure connection with 127.0.0.1:\d+.*certificate/ }])
      t.match(b.warnings(), [{ message: /no secure connection with 127.0.0.1:\d+.*certificate/ }])
      await listener.close()
    }
  }
})

t.test('certificates on one side and a secret on the other', async t => {
  const [a, b] = [withCertificate(authority.issue(['DNS:n1'])), memberNetwork()]
  for (const [one, other, reason] of [
    [a, b, 'secret wanted'],
    [b, a, 'certificates wanted'],
  ] as const) {
    const listener = await other.network.listen(ANYWHERE, () => t.fail('handed up'))
    await t.rejects(one.network.connect(listener.address, 1000), { code: 'TRIBES_STREAM_REFUSED', reason })
    await listener.close()
  }
  await until(() => a.warnings().length === 2)
  t.match(a.warnings()[0]?.message, /option tls, or none of them/)
})

t.test('a greeting that was changed on the way makes the handshake fail', async t => {
  const { network } = withCertificate(authority.issue(['DNS:n1']))
  const listener = await network.listen(ANYWHERE, () => t.fail('handed up'))
  const man = await ManInTheMiddle.before(listener.address, (bytes, target, direction) => {
    // The highest protocol: nobody minds one more.
    if (direction === 'dialler' && bytes.length === 64) bytes[6]! += 1
    target.write(bytes)
  })
  await t.rejects(network.connect(man.address, 2000), { code: 'TRIBES_STREAM_HANDSHAKE' })
  man.close()
  await listener.close()
})

t.test('what the acceptor says in the first moment follows its verdict, and is heard', async t => {
  const { network } = withCertificate(authority.issue(['DNS:n1']))
  const listener = await network.listen(ANYWHERE, stream => {
    stream.open({ data() {}, drained() {}, closed() {} })
    stream.write([Buffer.from('hello')])
    stream.end()
  })
  for (let i = 0; i < 20; i++) {
    const end = new StreamEnd(await network.connect(listener.address, 2000))
    await until(() => end.closed.length === 1)
    t.equal(end.text, 'hello')
  }
  await listener.close()
})

t.test(
  'handshakes that go on at the same time are told apart, and whoever breaks off one breaks off that one only',
  async t => {
    const member = withCertificate(authority.issue(['DNS:n1']))
    const streams: StreamEnd[] = []
    const listener = await member.network.listen(ANYWHERE, stream => void streams.push(new StreamEnd(stream)))
    t.teardown(() => listener.close())
    const others = ['n2', 'n3', 'n4'].map(name => withCertificate(authority.issue([`DNS:${name}`])).network)
    const man = await ManInTheMiddle.before(listener.address, (bytes, target, direction) => {
      if (direction === 'dialler' && bytes.length > 64) target.destroy()
      else target.write(bytes)
    })
    t.teardown(() => man.close())
    const broken = t.rejects(others[0]!.connect(man.address, 2000), { code: 'TRIBES_STREAM_HANDSHAKE' })
    const dialled = await Promise.all(others.map(network => network.connect(listener.address, 2000)))
    await broken
    await until(() => streams.length === 3 && member.network.inspect().handshakesFailed === 1)
    for (const [i, stream] of dialled.entries()) {
      const end = streams.find(({ stream: { remote } }) => remote.port === stream.local.port)
      t.strictSame(end?.stream.peerNames, [`n${i + 2}`])
    }
  },
)
