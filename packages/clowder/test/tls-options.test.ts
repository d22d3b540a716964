import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CertificateAuthority } from '../../../test/support/certificate-authority.js'
import type { OptionsError } from '../src/errors.js'
import type { ClusterOptions } from '../src/options/cluster-options.js'
import { readOptions } from '../src/options/read-options.js'

const SECRET = 'a secret of at least thirty-two bytes'
const authority = new CertificateAuthority()
t.teardown(() => authority.close())
const good = authority.issue(['DNS:n1'])

function problems(options: ClusterOptions): Record<string, string> {
  try {
    readOptions(options)
    return {}
  } catch (error) {
    return Object.fromEntries((error as OptionsError).problems.map(p => [p.path, `${p.given}; ${p.allowed}`]))
  }
}

t.test('certificates are given as text, as bytes or by their paths', async t => {
  const paths = Object.fromEntries(
    Object.entries(good).map(([name, pem]) => {
      const path = join(authority.folder, `given-${name}.pem`)
      writeFileSync(path, pem)
      return [name, path]
    }),
  ) as unknown as typeof good
  const bytes = { ca: Buffer.from(good.ca), cert: new Uint8Array(Buffer.from(good.cert)), key: Buffer.from(good.key) }
  for (const tls of [good, bytes, paths]) t.strictSame(problems({ secret: SECRET, tls }), {})
})

t.test('with certificates a member may listen at any address', async t => {
  const options = { tls: good, membership: { multicast: false, members: ['10.0.0.2:4000'] } }
  t.equal(readOptions(options).receiver.address, 'auto')
})

t.test('heartbeats need a secret besides', async t => {
  t.match(problems({ tls: good }), { 'membership.multicast': /set secret too, or list the others/ })
})

t.test('everything that is wrong with them is told at once', async t => {
  const old = authority.issue(['DNS:n1'], { days: -1 })
  const nameless = authority.issue([])
  const others = new CertificateAuthority('dogs')
  t.teardown(() => others.close())
  const wrong = (tls: Partial<typeof good>) => problems({ secret: SECRET, tls: { ...good, ...tls } })
  t.match(wrong({ ca: '/nowhere/ca.pem', cert: old.cert }), {
    'tls.ca': 'given "/nowhere/ca.pem"; allowed: a file that can be read (ENOENT)',
    'tls.cert': /still valid: that of CN=issued-\d+ expired on /,
    'tls.key': 'given PEM; allowed: the key of the certificate in tls.cert',
  })
  t.match(wrong(nameless), { 'tls.cert': /a subject alternative name/ })
  t.match(wrong({ ca: others.ca }), { 'tls.cert': /an authority in tls.ca has issued/ })
  t.match(wrong({ cert: good.key, key: good.cert }), {
    'tls.cert': /PEM with certificates/,
    'tls.key': /a private key in PEM that is not encrypted/,
  })
  t.notOk(JSON.stringify(wrong({ cert: good.key })).includes(good.key.slice(40, 80)), 'no key is shown')
})

t.test('a certificate that an authority between has issued is good with that one behind it', async t => {
  const chain = `${good.cert}${good.ca}`
  t.strictSame(problems({ secret: SECRET, tls: { ...good, cert: chain } }), {})
})

t.test('a key that has lost its first and last line is no path, and not shown', async t => {
  const ed25519 = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'der' })
  const bare = good.key.split('\n').slice(1, -2)
  const wrapped = Buffer.from(good.key).toString('base64')
  for (const key of [bare.join('\n'), bare.join(''), wrapped, ed25519.toString('base64'), `${wrapped}\n`]) {
    const told = problems({ secret: SECRET, tls: { ...good, key } })['tls.key']
    t.match(told, /^given a text of \d+ bytes; allowed: a file that can be read \(E[A-Z]+\)$/)
  }
  const path = `/${'a-folder/'.repeat(20)}n1.example.com.key`
  t.match(problems({ secret: SECRET, tls: { ...good, key: path } }), { 'tls.key': /a-folder\/n1.example.com.key"/ })
})
