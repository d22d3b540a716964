import { createHmac, randomBytes } from 'node:crypto'
import t from 'tap'
import { cookieValues } from '../src/cookie/cookie-header.js'
import { idText } from '../src/cookie/cookie-id.js'
import { CookieJar } from '../src/cookie/cookie-jar.js'
import { CookieSigner } from '../src/cookie/cookie-signer.js'
import { HmacSha256 } from '../src/cookie/hmac-sha256.js'
import { isSameToken } from '../src/cookie/token-text.js'
import { BadSecretsError } from '../src/index.js'

const SECRET = 'sixteen characters or more'
const ID = 'Abc_-'.repeat(6)
const token = { stamp: 5, dots: [{ actor: '\u0000\u00ff34567\u0080', counter: 300 }] }

t.test('a cookie tells its id, its token and its route', async t => {
  const signed = new CookieJar(new CookieSigner([SECRET]), 'sid').sign(ID, token)
  t.match(signed, /^[\w-]{30}\.[\w-]{15}\.[\w-]{43}$/)
  const jar = new CookieJar(new CookieSigner([SECRET]), 'sid')
  for (const route of [undefined, 'node1', 'a.b', '']) {
    const value = route === undefined ? signed : `${signed}.${route}`
    const reading = jar.read(`sid=${value}`)
    t.strictSame(reading, { cookie: { id: ID, token, signed, isOutdated: false }, route })
  }
})

t.test(
  'an id that the application made may have any characters, and is one part of the cookie all the same',
  async t => {
    const jar = new CookieJar(new CookieSigner([SECRET]), 'sid')
    for (const id of ['a.b', '%', '~', '100%25', '/foo bar;', 'ünï ☃', '😀'.repeat(10), 'x'.repeat(128)]) {
      const signed = jar.sign(id, token)
      t.match(signed, /^[\w~-]+\.[\w-]{15}\.[\w-]{43}$/)
      const elsewhere = new CookieJar(new CookieSigner([SECRET]), 'sid')
      t.match(elsewhere.read(`sid=${signed}.n1`), { cookie: { id }, route: 'n1' })
    }
    for (const id of ['', 'x'.repeat(129), 'é'.repeat(22), 'half a pair \ud800']) t.equal(idText(id), undefined, id)
  },
)

t.test('a cookie tells how the session began', async t => {
  const early = { ...token, beginning: { actors: [token.dots[0]!.actor], stamp: 3 } }
  const signed = new CookieJar(new CookieSigner([SECRET]), 'sid').sign(ID, early)
  t.match(signed, /^[\w-]{30}\.[\w-]{30}\.[\w-]{43}$/)
  t.match(new CookieJar(new CookieSigner([SECRET]), 'sid').read(`sid=${signed}`), { cookie: { token: early } })
  t.notOk(isSameToken(early, token), 'one of a former version, which did not, is due to be written anew')
})

t.test('a cookie of a client that goes to and fro over a cut tells when it was used last', async t => {
  const used = { ...token, usedMs: 1_700_000_000_000 }
  const jar = new CookieJar(new CookieSigner([SECRET]), 'sid')
  const signed = jar.sign(ID, used)
  t.match(new CookieJar(new CookieSigner([SECRET]), 'sid').read(`sid=${signed}`), { cookie: { token: used } })
  t.notOk(isSameToken(used, token), 'it is due to be told anew')
})

t.test('a cookie seen before is the same object: no signature was computed', async t => {
  const jar = new CookieJar(new CookieSigner([SECRET]), 'sid')
  const signed = jar.sign(ID, token)
  const read = () => jar.read(`sid=${signed}`)
  const [first, second] = [read(), read()]
  t.ok(typeof first === 'object' && typeof second === 'object' && first.cookie === second.cookie)
})

t.test('any change of any character but the route is noticed', async t => {
  const jar = new CookieJar(new CookieSigner([SECRET]), 'sid')
  const signed = jar.sign(ID, token)
  for (let i = 0; i < signed.length; i++) {
    const changed = `${signed.slice(0, i)}${signed[i] === 'A' ? 'B' : 'A'}${signed.slice(i + 1)}`
    t.equal(jar.read(`sid=${changed}`), 'forged')
  }
  t.equal(jar.read(`sid=${signed}=`), 'forged')
  t.equal(jar.read(`sid=${signed.slice(0, -1)}\u00e9`), 'forged')
})

t.test('a token that this version cannot read is no session', async t => {
  const signer = new CookieSigner([SECRET])
  const text = `${ID}.AAAA`
  t.equal(new CookieJar(signer, 'sid').read(`sid=${text}.${signer.sign(text)}`), 'forged')
})

t.test('no header, another name, an empty value: none', async t => {
  const jar = new CookieJar(new CookieSigner([SECRET]), 'sid')
  for (const header of [undefined, '', 'a=b', 'xsid=1', 'sid=', 'a="sid=1"']) t.equal(jar.read(header), 'none')
})

t.test('values are found by name, wherever they stand', async t => {
  const values = (header: string, max = 4) => [...cookieValues(header, 'sid=', max)]
  t.strictSame(values('sid=1'), ['1'])
  t.strictSame(values('a=b; sid=1 ; sid=2;sid=3'), ['1', '2', '3'])
  t.strictSame(values('a=b; sid=1; sid=2', 1), ['1'])
  t.strictSame(values('xsid=1; sid=2; sid'), ['2'])
  t.strictSame(values('sidsid=1'), [])
})

t.test('secrets that can be guessed are refused', async t => {
  for (const secrets of [[], ['short'], [SECRET, ''], undefined as never, SECRET as never]) {
    t.throws(() => new CookieSigner(secrets), { code: 'HTTP_BAD_SECRETS' })
  }
  t.ok(new BadSecretsError(16) instanceof Error)
})

t.test(
  'keys that change: the current one signs, all verify, and a cookie of a removed one is good no more, though it was seen before',
  async t => {
    const key = (name: string) => ({ derive: () => Buffer.from(name.padEnd(32)) })
    const [old, young] = [key('old'), key('young')]
    const source = { keys: [old] }
    const jar = new CookieJar(new CookieSigner(source), 'sid')
    const signed = jar.sign(ID, token)
    const read = (signed: string) => jar.read(`sid=${signed}`)
    t.match(read(signed), { cookie: { isOutdated: false } })

    source.keys = [young, old]
    t.match(read(signed), { cookie: { id: ID, isOutdated: true } }, 'due to be signed anew')
    const renewed = jar.sign(ID, token)
    t.not(renewed, signed)

    source.keys = [young]
    t.equal(read(signed), 'forged')
    t.match(read(renewed), { cookie: { isOutdated: false } })
  },
)

t.test(
  'a signature is the HMAC-SHA256 that everybody else computes, of texts of any length and any characters',
  async t => {
    const key = randomBytes(32)
    const signer = new HmacSha256(key)
    for (const text of ['', 'a', 'ż\u{1F408}\ud800', 'x'.repeat(64), 'y'.repeat(1024), 'ž'.repeat(5000), 'again short'])
      t.equal(
        signer.sign(text),
        createHmac('sha256', key).update(text).digest('base64url'),
        `${text.length} characters`,
      )
  },
)

t.test(
  'four cookies of the name are looked at, none longer than 512 characters, among however many others',
  async t => {
    const jar = new CookieJar(new CookieSigner([SECRET]), 'sid')
    const signed = jar.sign(ID, token)
    const read = (header: string) => new CookieJar(new CookieSigner([SECRET]), 'sid').read(header)
    t.match(read(`${'sid=x; '.repeat(3)}sid=${signed}`), { cookie: { id: ID } })
    t.equal(read(`${'sid=x; '.repeat(4)}sid=${signed}`), 'forged')
    const padded = (length: number) => `sid=${signed}.${'r'.repeat(length - signed.length - 1)}`
    t.match(read(padded(512)), { cookie: { id: ID } })
    t.equal(read(padded(513)), 'forged')
    const others = Array.from({ length: 5_000 }, (_, i) => `c${i}=v; xsid=${i}; `).join('')
    t.match(read(`${others}sid=${signed}`), { cookie: { id: ID } })
  },
)
