import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { type Above, type Below, type ChannelMessage, Delivery, type Member, member } from '@clowder/tribes'
import t from 'tap'
import { EncryptInterceptor, type EncryptInterceptorOptions } from '../../src/index.js'

// The cases of Tomcat's TestEncryptInterceptor and TestEncryptInterceptorAlgorithms, and what they leave out.

const KEY = 'cafebabedeadbeefcafebabedeadbeef'
const SYNCHRONIZED = 0x06

function senderNamed(name: string): Member {
  const uniqueId = new Uint8Array(16).fill(name.charCodeAt(0))
  return member({ uniqueId, host: '127.0.0.1', port: 4000, name, domain: '', payload: new Uint8Array(), aliveMs: 0 })
}

const ada = senderNamed('ada')

/** One interceptor with nothing above and below it. */
class Layer {
  readonly interceptor: EncryptInterceptor
  readonly sent: ChannelMessage[] = []
  readonly received: ChannelMessage[] = []
  #number = 0

  constructor(options: Partial<EncryptInterceptorOptions> = {}) {
    this.interceptor = new EncryptInterceptor({ encryptionKey: KEY, ...options })
    const below = { sendMessage: (message: ChannelMessage) => void this.sent.push(message) } as unknown as Below
    const above = { messageReceived: (message: ChannelMessage) => void this.received.push(message) } as unknown as Above
    this.interceptor.connect(below, above)
  }

  /** What goes down for `body`. */
  sealed(body: Uint8Array, source = ada, number = ++this.#number): ChannelMessage {
    this.interceptor.sendMessage({ number, options: SYNCHRONIZED, body, source }, new Delivery([], undefined))
    return this.sent.at(-1)!
  }

  receive(message: ChannelMessage): Buffer {
    this.interceptor.messageReceived(message)
    return Buffer.from(this.received.at(-1)!.body)
  }
}

function pair(options: Partial<EncryptInterceptorOptions> = {}): [Layer, Layer] {
  return [new Layer(options), new Layer(options)]
}

function isRefused(layer: Layer, message: ChannelMessage): string | undefined {
  const before = layer.received.length
  try {
    layer.receive(message)
    return undefined
  } catch (error) {
    const { code, reason } = error as { code?: string; reason?: string }
    if (code !== 'TRIBES_UNDECRYPTABLE' || layer.received.length > before) throw error
    return reason
  }
}

t.test(
  'what goes in comes out on the other side: texts, none, one byte, a mebibyte, with keys of every size',
  async t => {
    for (const digits of [32, 48, 64]) {
      const [from, to] = pair({ encryptionKey: randomBytes(digits / 2).toString('hex') })
      for (const bytes of [0, 1, 15, 16, 17, 1024, 1_048_576]) {
        const body = randomBytes(bytes)
        const sealed = from.sealed(body)
        t.equal(sealed.body.length, bytes + 29)
        t.ok(bytes < 15 || !Buffer.from(sealed.body).includes(body.subarray(0, 15)), 'nothing of it can be read')
        t.ok(to.receive(sealed).equals(body), `${bytes} bytes, a key of ${digits} digits`)
      }
    }
  },
)

t.test('a message can be kept in a file in between', async t => {
  const [from, to] = pair()
  const file = join(t.testdir(), 'message')
  const sealed = from.sealed(Buffer.from('by way of a file'))
  writeFileSync(file, sealed.body)
  t.equal(to.receive({ ...sealed, body: readFileSync(file) }).toString(), 'by way of a file')
})

t.test('a hundred senders at a time, ten messages each, in any order among them: all arrive whole', async t => {
  const from = Array.from({ length: 100 }, () => new Layer())
  const to = new Layer()
  const sources = from.map((_, i) => ({ ...senderNamed('s'), id: `s${i}`, uniqueId: new Uint8Array(16).fill(i + 1) }))
  for (let n = 0; n < 10; n++)
    for (const [i, layer] of from.entries())
      t.equal(to.receive(layer.sealed(Buffer.from(`${i}: ${n}`), sources[i])).toString(), `${i}: ${n}`)
  t.match(to.interceptor.stats, { decrypted: 1000, replayed: 0, changed: 0 })
})

t.test('equal texts look different, also from two processes that one machine was cloned into', async t => {
  const [from, clone] = pair()
  const first = Buffer.from(from.sealed(Buffer.from('equal')).body)
  const second = Buffer.from(from.sealed(Buffer.from('equal')).body)
  t.notOk(first.subarray(13).equals(second.subarray(13)))
  t.notOk(first.subarray(1, 13).equals(second.subarray(1, 13)), 'the nonces differ')
  const cloned = Buffer.from(clone.sealed(Buffer.from('other'), ada, 1).body)
  t.notOk(first.subarray(1, 13).equals(cloned.subarray(1, 13)), 'one number, two texts: two nonces')
})

t.test(
  'what was received is refused when it comes again, and so is what is older than all that is remembered',
  async t => {
    const [from, to] = pair()
    const messages = Array.from({ length: 400 }, (_, n) => from.sealed(Buffer.from(`${n}`)))
    const [first, second, third] = messages as [ChannelMessage, ChannelMessage, ChannelMessage]
    to.receive(second)
    t.equal(isRefused(to, second), 'replayed')
    t.equal(isRefused(to, first), 'replayed', 'said before the first that was heard')
    const late = messages[200]!
    for (const message of messages.slice(3)) if (message !== late) to.receive(message)
    t.equal(isRefused(to, third), 'replayed', 'it is new, and too old to tell')
    to.receive(late)
    t.equal(isRefused(to, late), 'replayed', 'one that was overtaken is received once')
    t.equal(to.interceptor.stats.replayed, 4)
  },
)

t.test('of 4,096 senders the one silent for longest is forgotten first', async t => {
  const to = new Layer()
  const say = (i: number) => {
    const uniqueId = Buffer.alloc(16)
    uniqueId.writeUInt32BE(i)
    return new Layer().sealed(Buffer.from('once'), { ...ada, id: `${i}`, uniqueId }, 1)
  }
  const messages = Array.from({ length: 4097 }, (_, i) => say(i))
  for (const message of messages) to.receive(message)
  t.equal(isRefused(to, messages[1]!), 'replayed', 'the second is remembered')
  t.equal(isRefused(to, messages[0]!), undefined, 'the first is not: EncryptInterceptor says so')
})

t.test('a message with any bit changed goes no further, nor one with another number, sender or options', async t => {
  const [from, to] = pair()
  to.receive(from.sealed(Buffer.from('before')))
  const sealed = from.sealed(Buffer.from('pay 10'))
  for (let bit = 0; bit < 8 * sealed.body.length; bit++) {
    const body = Buffer.from(sealed.body)
    body[bit >> 3]! ^= 1 << (bit & 7)
    t.ok(isRefused(to, { ...sealed, body }), `bit ${bit}`)
  }
  for (let bytes = 0; bytes < sealed.body.length; bytes++)
    t.ok(isRefused(to, { ...sealed, body: sealed.body.subarray(0, bytes) }), `cut at ${bytes}`)
  t.equal(isRefused(to, { ...sealed, number: sealed.number + 1 }), 'changed')
  t.equal(isRefused(to, { ...sealed, source: senderNamed('eve') }), 'changed')
  t.equal(isRefused(to, { ...sealed, options: 0x08 }), 'changed')
  t.equal(to.receive(sealed).toString(), 'pay 10', 'and none of that shuts the true one out')
})

t.test('what is not encrypted, and what was encrypted with another key, goes no further either', async t => {
  const [from, to] = [new Layer({ encryptionKey: randomBytes(32).toString('hex') }), new Layer()]
  const plain = { number: 1, options: SYNCHRONIZED, source: ada }
  t.equal(isRefused(to, { ...plain, body: new Uint8Array() }), 'not encrypted')
  t.equal(isRefused(to, { ...plain, body: Buffer.from('H plain, and long enough to be encrypted') }), 'not encrypted')
  t.equal(isRefused(to, from.sealed(Buffer.from('another key'))), 'changed')
  t.strictSame(to.received, [])
})

t.test('the key is in nothing that can be printed', async t => {
  const [from, to] = pair()
  to.receive(from.sealed(Buffer.from('text')))
  const shown = [from, to].map(({ interceptor }) =>
    [inspect(interceptor, { depth: 9, showHidden: true }), JSON.stringify(interceptor)].join(),
  )
  const bytes = inspect(Buffer.from(KEY, 'hex')).slice(8, 30)
  for (const text of shown) t.notOk(text.includes(KEY) || text.includes(bytes))
})

t.test('every algorithm of Tomcat but one is refused when the interceptor is made, and the error says why', async t => {
  const paddings = ['NoPadding', 'PKCS5Padding', 'OAEPPadding', 'ISO10126Padding']
  const modes = ['NONE', 'CBC', 'CFB', 'CTR', 'CTS', 'ECB', 'GCM', 'KW', 'KWP', 'OFB', 'PCBC']
  const algorithms = modes.flatMap(mode => paddings.map(padding => `AES/${mode}/${padding}`))
  const make = (encryptionAlgorithm: string) => new EncryptInterceptor({ encryptionKey: KEY, encryptionAlgorithm })
  for (const algorithm of [...algorithms, 'AES', 'DESede/GCM/NoPadding', 'AES/constructor/NoPadding', '']) {
    if (algorithm === 'AES/GCM/NoPadding') continue
    t.throws(() => make(algorithm), { code: 'CLOWDER_ENCRYPTION_OPTION', option: 'encryptionAlgorithm' }, algorithm)
  }
  t.doesNotThrow(() => make('AES/GCM/NoPadding'))
  t.throws(() => make('AES/CBC/PKCS5Padding'), { message: /CVE-2026-29146.*the only one is 'AES\/GCM\/NoPadding'/ })
  t.throws(() => make('AES/ECB/NoPadding'), { message: /equal blocks/ })
  t.throws(() => make('AES/CTR/NoPadding'), { message: /changes a bit/ })
})

t.test('a key that is none is refused and not shown, and so is what is no option here', async t => {
  const make = (options: object) => () => new EncryptInterceptor(options as EncryptInterceptorOptions)
  for (const encryptionKey of ['', 'cafe', `${KEY}0`, `${KEY.slice(2)}xy`, 5, undefined]) {
    const message = new RegExp(`^(?!.*${KEY.slice(2)}).*hexadecimal`)
    t.throws(make({ encryptionKey }), { code: 'CLOWDER_ENCRYPTION_OPTION', option: 'encryptionKey', message })
  }
  for (const option of ['providerName', 'replayWindowTime', 'replayWindowMessageCount', 'encryptionkey'])
    t.throws(make({ encryptionKey: KEY, [option]: 1 }), { code: 'CLOWDER_ENCRYPTION_OPTION', option })
})
