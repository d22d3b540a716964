import { createHash } from 'node:crypto'
import { KEY_ID_BYTES } from './secret-key.js'

/*
 * The only thing that is read of a peer before it is authenticated, and it has the same size always:
 *
 *     'CLWS' · u8 1 · u8 lowest, u8 highest protocol · u8 verdict · cluster (16) · 4 × key id (8) · key chosen (8)
 *
 * What a range of protocols means, and everything that is not a secret, is public; nothing of it is believed before the TLS handshake that covers it.
 */
export const GREETING_BYTES = 64
/** So many secrets fit; an id of zeros is none. */
const MOST_KEYS_GREETED = 4

const MAGIC = Buffer.from('CLWS')
const VERSION = 1
const CLUSTER_BYTES = 16
const CLUSTER_AT = 8
const KEYS_AT = CLUSTER_AT + CLUSTER_BYTES
const CHOSEN_AT = KEYS_AT + MOST_KEYS_GREETED * KEY_ID_BYTES
const NO_KEY = '00'.repeat(KEY_ID_BYTES)

/** In the order of their codes on the wire, from 0 on. */
const VERDICTS = [
  'dialler',
  'welcome',
  'other protocol',
  'other cluster',
  'other secret',
  'certificates wanted',
  'secret wanted',
  'no secret here',
] as const
export type Verdict = (typeof VERDICTS)[number]

export interface Greeting {
  readonly lowestProtocol: number
  readonly highestProtocol: number
  /** `dialler`: the question; all others are answers. */
  readonly verdict: Verdict
  /** Of the cluster's name, 32 hexadecimal digits: see `clusterHash`. */
  readonly cluster: string
  /** Of the secrets that the speaker has, the current one first; none: it has certificates. */
  readonly keyIds: readonly string[]
  /** With which secret to go on. */
  readonly chosenKeyId?: string
}

export function clusterHash(clusterName: string): string {
  return createHash('sha256')
    .update(`clowder/1\0cluster\0${clusterName}`)
    .digest('hex')
    .slice(0, 2 * CLUSTER_BYTES)
}

export function encodeGreeting(greeting: Greeting): Buffer {
  const bytes = Buffer.alloc(GREETING_BYTES)
  MAGIC.copy(bytes)
  const { lowestProtocol, highestProtocol, verdict } = greeting
  bytes.set([VERSION, lowestProtocol, highestProtocol, VERDICTS.indexOf(verdict)], MAGIC.length)
  bytes.write(greeting.cluster, CLUSTER_AT, 'hex')
  const keyIds = greeting.keyIds.slice(0, MOST_KEYS_GREETED)
  for (const [i, id] of keyIds.entries()) bytes.write(id, KEYS_AT + i * KEY_ID_BYTES, 'hex')
  bytes.write(greeting.chosenKeyId ?? '', CHOSEN_AT, 'hex')
  return bytes
}

/** Undefined: whoever said this is no secured member of a version that we know. */
export function decodeGreeting(bytes: Buffer): Greeting | undefined {
  if (bytes.length !== GREETING_BYTES || !mayBecomeGreeting(bytes)) return undefined
  const verdict = VERDICTS[bytes[7]!]
  const [lowestProtocol, highestProtocol] = [bytes[5]!, bytes[6]!]
  if (verdict === undefined || lowestProtocol > highestProtocol) return undefined
  const cluster = bytes.toString('hex', CLUSTER_AT, KEYS_AT)
  const keyIds = Array.from({ length: MOST_KEYS_GREETED }, (_, i) => keyIdAt(bytes, KEYS_AT + i * KEY_ID_BYTES))
  const chosenKeyId = keyIdAt(bytes, CHOSEN_AT)
  return {
    lowestProtocol,
    highestProtocol,
    verdict,
    cluster,
    keyIds: keyIds.filter(id => id !== NO_KEY),
    ...(chosenKeyId !== NO_KEY && { chosenKeyId }),
  }
}

/** False as soon as the first bytes cannot be those of a greeting, so that nobody has to be waited for who is something else. */
export function mayBecomeGreeting(bytes: Buffer): boolean {
  const known = Math.min(bytes.length, MAGIC.length)
  return bytes.compare(MAGIC, 0, known, 0, known) === 0 && (bytes.length <= known || bytes[known] === VERSION)
}

function keyIdAt(bytes: Buffer, at: number): string {
  return bytes.toString('hex', at, at + KEY_ID_BYTES)
}
