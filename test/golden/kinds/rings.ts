import { type Ring, ringOf, usingKey, withKey, without } from '../../../packages/node/src/secure/ring.js'
import { readRing, writeRing } from '../../../packages/node/src/secure/ring-codec.js'
import { SecretKey } from '../../../packages/node/src/secure/secret-key.js'
import { ByteReader, ByteWriter } from '../../../packages/tribes/src/index.js'
import { goldenKind } from '../golden-kind.js'

const CLUSTER = 'cats'
const [OLD, NEW] = ['old', 'new'].map(age => new SecretKey(`the ${age} secret, of at least 32 bytes`, CLUSTER)) as [
  SecretKey,
  SecretKey,
]

const added = withKey(withKey(ringOf([OLD]), OLD), NEW)
const used = usingKey(added, NEW.id, 1_735_689_600_000)

/** What members tell each other of their keys. */
export const rings = goldenKind<Ring>({
  name: 'rings',
  refusals: ['TRIBES_MALFORMED'],
  samples: [
    ['nothing', new Map()],
    ['a key is added', added],
    ['and used', used],
    ['the other is retired', without(used, OLD.id, 'retired', 1_735_689_600_001)],
    ['and removed', without(used, OLD.id, 'removed', 1_735_689_600_001)],
  ],
  encode,
  decode: bytes => readRing(new ByteReader(bytes), CLUSTER),
})

function encode(ring: Ring): Uint8Array {
  const out = new ByteWriter(256)
  writeRing(out, ring)
  return out.take()
}
