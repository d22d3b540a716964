import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { inspect } from 'node:util'
import { ByteReader, ByteWriter } from '@clowder/tribes'
import t from 'tap'
import { Keyring, readRing, SecretCredentials, writeRing } from '../../src/index.js'

const [ONE, TWO, THREE] = ['one', 'two', 'three'].map(name => `the secret called ${name}, which is long enough`) as [
  string,
  string,
  string,
]

function told(ring: Keyring): Buffer {
  const out = new ByteWriter()
  writeRing(out, ring.told)
  return Buffer.from(out.view())
}

function tell(from: Keyring, to: Keyring): boolean {
  return to.merge(readRing(new ByteReader(told(from)), to.clusterName))
}

const states = (ring: Keyring) => ring.list().map(({ state }) => state)

t.test('a key is added, used and removed on one, and the other follows', async t => {
  const [a, b] = [new Keyring('shop', [ONE]), new Keyring('shop', [ONE])]
  const old = a.current.id
  const id = a.add(TWO)
  t.match(id, /^[0-9a-f]{16}$/)
  t.equal(a.current.id, old, 'an added key is understood, and not yet spoken with')
  t.ok(tell(a, b))
  t.notOk(tell(a, b), 'told again it is no news')
  a.use(id, 5)
  t.ok(tell(a, b))
  t.equal(b.current.id, id)
  a.retire(old, 6)
  t.ok(tell(a, b))
  t.strictSame(states(b), ['current', 'retired'])
  t.ok(b.find(old), 'a retired key is still understood')
  a.remove(old, 7)
  t.ok(tell(a, b))
  t.equal(b.find(old), undefined)
  t.strictSame(states(b), ['current', 'removed'])
  t.strictSame(b.current.derive('cookie'), new Keyring('shop', [TWO]).current.derive('cookie'))
})

t.test('what merely stands in the options of one is not told to others, until something is done with it', async t => {
  const [a, b] = [new Keyring('shop', [ONE, TWO]), new Keyring('shop', [ONE])]
  t.notOk(tell(a, b))
  a.add(TWO)
  t.ok(tell(a, b))
  t.equal(b.keys.length, 2)
})

t.test(
  'one that comes with the new and the old secret works, and one whose options have a removed key learns it',
  async t => {
    const a = new Keyring('shop', [ONE])
    const old = a.current.id
    a.use(a.add(TWO), 1)
    a.remove(old, 2)
    const late = new Keyring('shop', [ONE, TWO])
    t.equal(late.current.id, old)
    t.ok(tell(a, late))
    t.strictSame(late.list(), a.list())
  },
)

t.test('whoever holds the array of keys sees by it whether anything has changed', async t => {
  const ring = new Keyring('shop', [ONE])
  const heard: number[] = []
  const stop = ring.onChange(() => heard.push(ring.keys.length))
  const { keys } = ring
  t.equal(ring.keys, keys)
  const id = ring.add(TWO)
  t.not(ring.keys, keys)
  t.equal(ring.add(TWO), id)
  stop()
  ring.add(THREE)
  t.strictSame(heard, [2])
})

t.test('no secret is to be seen', async t => {
  const ring = new Keyring('shop', [ONE])
  ring.use(ring.add(TWO), 1)
  const all = { showHidden: true, depth: 20, getters: true } as const
  const seen = [
    inspect(ring, all),
    inspect(ring.current, all),
    inspect(ring.told, all),
    JSON.stringify([ring, ring.keys, ring.list(), [...ring.told]]),
  ]
  for (const text of seen) for (const secret of [ONE, TWO]) t.notOk(text.includes(secret))
})

/** Version 1: what every later version must understand. The first is removed, the second was told to be used at 258, the third was added. */
const GOLDEN = Buffer.concat([
  Buffer.from('0312e568acb525132102000000000000000000815b4a1cf3f75065000000000000000102012b', 'hex'),
  Buffer.from(TWO),
  Buffer.from('98b64c0a8c9d4b05000000000000000000012d', 'hex'),
  Buffer.from(THREE),
])

t.test('the bytes of a ring are as they were', async t => {
  const ring = new Keyring('shop', [ONE])
  const old = ring.current.id
  ring.use(ring.add(TWO), 258)
  ring.add(THREE)
  ring.remove(old, 259)
  t.equal(told(ring).toString('hex'), GOLDEN.toString('hex'))
  const late = new Keyring('shop', [ONE])
  t.ok(late.merge(readRing(new ByteReader(GOLDEN), 'shop')))
  t.strictSame(late.list(), ring.list())
})

t.test('what is told is read with care', async t => {
  const ring = new Keyring('shop', [ONE])
  ring.use(ring.add(TWO), 1)
  ring.add(THREE)
  ring.remove(new Keyring('shop', [ONE]).current.id, 2)
  const good = told(ring)
  const read = (bytes: Uint8Array) => readRing(new ByteReader(bytes), 'shop')
  t.equal(read(good).size, 3)
  for (let length = 0; length < good.length; length++)
    t.throws(() => read(good.subarray(0, length)), { code: 'TRIBES_MALFORMED' }, `cut at ${length}`)
  t.throws(() => readRing(new ByteReader(good), 'another'), { code: 'TRIBES_MALFORMED' }, 'of another cluster')
  t.equal(read(Buffer.concat([good, Buffer.of(0)])).size, 3, 'a later version may append')
  t.throws(() => read(Buffer.from([255, 127])), { code: 'TRIBES_MALFORMED' }, 'more than can be there')
  const newest = Buffer.from('010102030405060708000000000000000009', 'hex')
  t.throws(() => read(Buffer.concat([newest, Buffer.of(0)])), /without its newest key/)
  const state = Buffer.from('010102030405060708070000000000000000', 'hex')
  t.throws(() => read(Buffer.concat([state, Buffer.of(0)])), /in no known state/)
  for (let at = 0; at < good.length; at++) {
    const flipped = Buffer.from(good)
    flipped[at]! ^= 1
    try {
      t.ok(read(flipped).size <= 3)
    } catch (error) {
      t.match(error, { code: 'TRIBES_MALFORMED' })
      for (const secret of [TWO, THREE]) t.notOk(String(error).includes(secret))
    }
  }
})

t.test('a secret that is removed during a handshake opens nothing', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const dialled = connect(port, '127.0.0.1')
  const [accepted] = (await once(server, 'connection')) as [Socket]
  const [here, there] = [new Keyring('shop', [ONE, TWO]), new Keyring('shop', [ONE])]
  const greeting = Buffer.alloc(64)
  const transcript = { dialler: greeting, acceptor: greeting, chosenKeyId: there.current.id }
  const accepting = new SecretCredentials(here).accepted(accepted, transcript)
  const dialling = new SecretCredentials(there).dialled(dialled, transcript).then(({ socket }) => once(socket, 'close'))
  here.use(here.keys[1]!.id, 1)
  here.remove(there.current.id, 2)
  await t.rejects(accepting, { code: 'CLOWDER_KEY_REMOVED' })
  await t.resolves(dialling, 'the other end is closed')
})
