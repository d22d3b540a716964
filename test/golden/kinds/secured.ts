import { ByteReader, ByteWriter } from '@clowder/tribes'
import {
  clusterHash,
  decodeGreeting,
  encodeGreeting,
  type Greeting,
} from '../../../packages/node/src/secure/greeting.js'
import type { KeyState, Ring } from '../../../packages/node/src/secure/ring.js'
import { readRing, writeRing } from '../../../packages/node/src/secure/ring-codec.js'
import {
  counterOf,
  keyIdOf,
  looksSealed,
  seal,
  textKeyOf,
  unseal,
  voiceKeysOf,
  voiceOf,
} from '../../../packages/node/src/secure/sealed-datagram.js'
import { SecretKey } from '../../../packages/node/src/secure/secret-key.js'
import { goldenKind } from '../golden-kind.js'
import { heartbeats } from './heartbeats.js'

const CLUSTER = 'cats'
const SECRET = 'a golden secret of more than 32 bytes'
const KEY = new SecretKey(SECRET, CLUSTER)
const OTHER_KEY = new SecretKey('another golden secret of so many bytes', CLUSTER)
const VOICE = Buffer.from('0123456789abcdef')

const dialler: Greeting = {
  lowestProtocol: 1,
  highestProtocol: 1,
  verdict: 'dialler',
  cluster: clusterHash(CLUSTER),
  keyIds: [KEY.id, OTHER_KEY.id],
}

/** What is no greeting decodes to undefined. */
export const greetings = goldenKind<Greeting | undefined>({
  name: 'greetings',
  refusals: [],
  samples: [
    ['the dialler', dialler],
    ['welcome', { ...dialler, verdict: 'welcome', chosenKeyId: KEY.id }],
    ...(['other protocol', 'other cluster', 'other secret', 'secret wanted', 'no secret here'] as const).map(
      verdict => [verdict, { ...dialler, verdict }] as const,
    ),
    ['certificates wanted, and no key', { ...dialler, verdict: 'certificates wanted', keyIds: [] }],
  ],
  encode: greeting => (greeting ? encodeGreeting(greeting) : new Uint8Array(0)),
  decode: bytes => decodeGreeting(Buffer.from(bytes)),
})

interface Said {
  readonly keyId: string
  readonly voice: string
  readonly counter: number
  readonly text: Uint8Array
}

/** What is not sealed, or not with this key, decodes to undefined. */
export const sealedDatagrams = goldenKind<Said | undefined>({
  name: 'sealed-datagrams',
  refusals: [],
  samples: [1, 2 ** 40].map(counter => [
    `the ${counter}th heartbeat`,
    { keyId: KEY.id, voice: VOICE.toString('hex'), counter, text: heartbeats.encode(heartbeats.samples[0]![1]) },
  ]),
  encode: said => (said ? seal(KEY, voiceKeysOf(KEY, VOICE), VOICE, said.counter, said.text) : new Uint8Array(0)),
  decode: bytes => {
    const sealed = Buffer.from(bytes)
    if (!looksSealed(sealed) || keyIdOf(sealed) !== KEY.id) return undefined
    const text = unseal(textKeyOf(KEY, voiceOf(sealed)), sealed)
    return text && { keyId: KEY.id, voice: voiceOf(sealed).toString('hex'), counter: counterOf(sealed), text }
  },
})

interface KeyTold {
  readonly id: string
  readonly state: KeyState
  readonly usedAt: number
  readonly secret: string | undefined
}

export const rings = goldenKind<readonly KeyTold[]>({
  name: 'rings',
  refusals: ['TRIBES_MALFORMED'],
  samples: [
    ['one key', [{ id: KEY.id, state: 'accepted', usedAt: 1_000, secret: SECRET }]],
    [
      'a key that is used, one that is retired and one that is removed',
      [
        { id: KEY.id, state: 'accepted', usedAt: 3_000, secret: SECRET },
        { id: OTHER_KEY.id, state: 'retired', usedAt: 2_000, secret: OTHER_KEY.reveal() },
        { id: '0123456789abcdef', state: 'removed', usedAt: 1_000, secret: undefined },
      ],
    ],
  ],
  encode: keys => {
    const out = new ByteWriter()
    writeRing(out, ringOf(keys))
    return out.take()
  },
  decode: bytes => toldOf(readRing(new ByteReader(bytes), CLUSTER)),
})

function ringOf(keys: readonly KeyTold[]): Ring {
  return new Map(
    keys.map(({ id, state, usedAt, secret }) => [
      id,
      { state, usedAt, isTold: true, key: secret === undefined ? undefined : new SecretKey(secret, CLUSTER) },
    ]),
  )
}

function toldOf(ring: Ring): KeyTold[] {
  return Array.from(ring, ([id, { state, usedAt, key }]) => ({ id, state, usedAt, secret: key?.reveal() }))
}
