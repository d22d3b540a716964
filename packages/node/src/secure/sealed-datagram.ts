import { createCipheriv, createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import { KEY_ID_BYTES, type SecretKey } from './secret-key.js'

/**
 *     0        4     5    6     8          16         32        40         52
 *     ┌────────┬─────┬────┬─────┬──────────┬──────────┬─────────┬──────────┬────────────┬──────────┐
 *     │ 'CLWS' │ u8 1│u8 0│u16 0│ key id 8 │ voice 16 │ u64 n   │ nonce 12 │ ciphertext │ tag 16   │
 *     └────────┴─────┴────┴─────┴──────────┴──────────┴─────────┴──────────┴────────────┴──────────┘
 *     └──────────── associated data: whoever changes a bit of it is found out ─────────┘
 *
 * AES-256-GCM. The key is made of the secret's `datagram` key and the voice. The nonce is made of what is said, so that two processes which say different things
 * under one voice and one counter (a cloned machine) do not give the key away: with a counter as the nonce they would.
 */
const MAGIC_AND_VERSION = Buffer.from('434c575301000000', 'hex')
const PLAIN_MAGIC = Buffer.from('CLWD')
const KEY_ID_AT = 8
const VOICE_AT = 16
const COUNTER_AT = 32
const NONCE_AT = 40
const HEADER_BYTES = 52
const TAG_BYTES = 16
const HEX_32_BITS = 0x1_0000_0000

export const VOICE_BYTES = 16
/** What sealing adds to a heartbeat. */
export const SEAL_BYTES = HEADER_BYTES + TAG_BYTES
/** The smallest MTU of IPv6, 1,280 bytes, less its header and UDP's: nothing on the way has to be fragmented. The longest heartbeat has 1,130 bytes, sealed 1,198. */
export const MAX_SEALED_BYTES = 1232

/** What one voice says under one secret: a key for its texts, and one for its nonces that only the speaker needs. */
export interface VoiceKeys {
  readonly text: KeyObject
  readonly nonce: KeyObject
}

export function textKeyOf(key: SecretKey, voice: Uint8Array): KeyObject {
  return subkey(key, 'text', voice)
}

export function voiceKeysOf(key: SecretKey, voice: Uint8Array): VoiceKeys {
  return { text: textKeyOf(key, voice), nonce: subkey(key, 'nonce', voice) }
}

/** The header and the ciphertext of `text`, the `counter`th that `voice` says. */
export function seal(key: SecretKey, keys: VoiceKeys, voice: Uint8Array, counter: number, text: Uint8Array): Buffer {
  const sealed = Buffer.allocUnsafe(text.length + SEAL_BYTES)
  sealed.set(MAGIC_AND_VERSION)
  sealed.write(key.id, KEY_ID_AT, KEY_ID_BYTES, 'hex')
  sealed.set(voice, VOICE_AT)
  sealed.writeUInt32BE(Math.floor(counter / HEX_32_BITS), COUNTER_AT)
  sealed.writeUInt32BE(counter % HEX_32_BITS, COUNTER_AT + 4)
  const said = createHmac('sha256', keys.nonce).update(sealed.subarray(COUNTER_AT, NONCE_AT)).update(text).digest()
  said.copy(sealed, NONCE_AT, 0, HEADER_BYTES - NONCE_AT)
  const cipher = createCipheriv('aes-256-gcm', keys.text, nonceOf(sealed), { authTagLength: TAG_BYTES })
  cipher.setAAD(sealed.subarray(0, HEADER_BYTES))
  sealed.set(cipher.update(text), HEADER_BYTES)
  cipher.final()
  sealed.set(cipher.getAuthTag(), sealed.length - TAG_BYTES)
  return sealed
}

/** The text; undefined when it was not sealed with this key, or is not as it was sealed. */
export function unseal(textKey: KeyObject, sealed: Buffer): Buffer | undefined {
  const decipher = createDecipheriv('aes-256-gcm', textKey, nonceOf(sealed), { authTagLength: TAG_BYTES })
  decipher.setAAD(sealed.subarray(0, HEADER_BYTES)).setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
  const text = decipher.update(sealed.subarray(HEADER_BYTES, sealed.length - TAG_BYTES))
  try {
    decipher.final()
    return text
  } catch {
    return undefined
  }
}

/** By its length and first bytes. Costs no cryptography, nor does anything below. */
export function looksSealed(bytes: Buffer): boolean {
  if (bytes.length < SEAL_BYTES || bytes.length > MAX_SEALED_BYTES) return false
  return MAGIC_AND_VERSION.compare(bytes, 0, MAGIC_AND_VERSION.length) === 0 && Number.isSafeInteger(counterOf(bytes))
}

/** A heartbeat of somebody who has no secret. */
export function looksPlain(bytes: Buffer): boolean {
  return PLAIN_MAGIC.compare(bytes, 0, Math.min(PLAIN_MAGIC.length, bytes.length)) === 0
}

/** As `SecretKey.id`. */
export function keyIdOf(sealed: Buffer): string {
  return sealed.toString('hex', KEY_ID_AT, VOICE_AT)
}

export function voiceOf(sealed: Buffer): Buffer {
  return sealed.subarray(VOICE_AT, COUNTER_AT)
}

/** Names the voice under its secret. */
export function speakerOf(sealed: Buffer): string {
  return sealed.toString('latin1', KEY_ID_AT, COUNTER_AT)
}

/** Below 2^53: no voice says more. */
export function counterOf(sealed: Buffer): number {
  return sealed.readUInt32BE(COUNTER_AT) * HEX_32_BITS + sealed.readUInt32BE(COUNTER_AT + 4)
}

function nonceOf(sealed: Buffer): Buffer {
  return sealed.subarray(NONCE_AT, HEADER_BYTES)
}

function subkey(key: SecretKey, purpose: 'text' | 'nonce', voice: Uint8Array): KeyObject {
  return createSecretKey(createHmac('sha256', key.derive('datagram')).update(purpose).update(voice).digest())
}
