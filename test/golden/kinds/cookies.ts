import { ByteReader, ByteWriter } from '@clowder/tribes'
import { readToken, type VersionToken, writeToken } from '../../../packages/ha/src/state/version-token.js'
import { CookieJar, type JarReading } from '../../../packages/http/src/cookie/cookie-jar.js'
import { CookieSigner } from '../../../packages/http/src/cookie/cookie-signer.js'
import { goldenKind } from '../golden-kind.js'
import { writer } from './members.js'

const ID = 'abcdefghijklmnopqrstuvwxyz012345'
const NAME = 'clowder.sid'
const SECRET = 'golden secret, 32 characters long'
const dot = (byte: number, counter: number) => ({ actor: writer(byte).slice(0, 8), counter })
const plain: VersionToken = { stamp: 7_000, dots: [dot(0x0a, 3), dot(0xb0, 2 ** 40)] }

const samples: (readonly [string, VersionToken])[] = [
  ['nothing seen', { stamp: 0, dots: [] }],
  ['two writers', plain],
  ['eight writers', { stamp: 2 ** 50, dots: Array.from({ length: 8 }, (_, i) => dot(i, i + 1)) }],
  ['with its beginning', { ...plain, beginning: { stamp: 1, actors: [writer(0x0a).slice(0, 8)] } }],
  ['with its last use', { ...plain, usedMs: 1_700_000_000_000 }],
  [
    'with its beginning and its last use',
    { ...plain, usedMs: 1_700_000_000_000, beginning: { stamp: 1, actors: [writer(0x0a).slice(0, 8)] } },
  ],
]

export const tokens = goldenKind<VersionToken>({
  name: 'tokens',
  refusals: ['TRIBES_MALFORMED'],
  samples,
  encode: token => {
    const out = new ByteWriter(64)
    writeToken(out, token)
    return out.take()
  },
  decode: bytes => readToken(new ByteReader(bytes)),
})

type Reading = 'none' | 'forged' | { id: string; token: VersionToken; route: string | undefined }

/** A header that a client sends, through a jar that has not seen it before. Nothing is ever thrown. */
export const cookies = goldenKind<Reading>({
  name: 'cookies',
  refusals: [],
  samples: samples.flatMap(([name, token]) => [
    [`a cookie, ${name}`, { id: ID, token, route: undefined }] as const,
    [`a cookie with a route, ${name}`, { id: ID, token, route: 'node1' }] as const,
  ]),
  encode: reading => Buffer.from(`theme=dark; ${NAME}=${textOf(reading)}; other=1`, 'latin1'),
  decode: header => readingOf(newJar().read(Buffer.from(header).toString('latin1'))),
})

function newJar(): CookieJar {
  return new CookieJar(new CookieSigner([SECRET]), NAME)
}

function textOf(reading: Reading): string {
  if (reading === 'none') return ''
  if (reading === 'forged') return 'forged'
  return newJar().sign(reading.id, reading.token) + (reading.route === undefined ? '' : `.${reading.route}`)
}

function readingOf(reading: JarReading): Reading {
  if (typeof reading === 'string') return reading
  return { id: reading.cookie.id, token: reading.cookie.token, route: reading.route }
}
