import { createCipheriv, createDecipheriv, createHmac, createSecretKey, hkdfSync, type KeyObject } from 'node:crypto'
import type { ChannelMessage } from '@clowder/tribes'

/*
 *     0      1          13
 *     ┌──────┬──────────┬────────────┬──────────┐
 *     │ u8 1 │ nonce 12 │ ciphertext │ tag 16   │   associated data: incarnation of the sender (16) · u64 number · u16 options
 *     └──────┴──────────┴────────────┴──────────┘
 *
 * AES-GCM with a key made of the user's key and the sender's incarnation. The nonce is made of number and text, as in sealed-datagram.ts and for the same reason:
 * a cloned process has incarnation and numbers twice, and must not use a nonce for two texts.
 */
const VERSION = 1
const NONCE_AT = 1
const NONCE_BYTES = 12
const TEXT_AT = NONCE_AT + NONCE_BYTES
const TAG_BYTES = 16
const UNIQUE_ID_BYTES = 16

/** What encryption adds to a message. */
const SEALED_MESSAGE_BYTES = TEXT_AT + TAG_BYTES

/** What one sender says: a key for its texts, and one for its nonces that only the sender needs. */
export interface SenderKeys {
  readonly text: KeyObject
  readonly nonce: KeyObject
}

/** `purpose` keeps the two keys apart. */
export function senderKey(key: Buffer, senderId: Uint8Array, purpose: 'text' | 'nonce'): KeyObject {
  const info = `clowder/1\0encrypt interceptor\0${purpose}`
  return createSecretKey(Buffer.from(hkdfSync('sha256', key, senderId, info, purpose === 'text' ? key.length : 32)))
}

/** Eight hexadecimal digits. */
export function idOfKey(key: Buffer): string {
  return Buffer.from(hkdfSync('sha256', key, '', 'clowder/1\0encrypt interceptor\0id', 4)).toString('hex')
}

export function sealMessage({ text, nonce }: SenderKeys, message: ChannelMessage): Buffer {
  const { body } = message
  const sealed = Buffer.allocUnsafe(body.length + SEALED_MESSAGE_BYTES)
  const context = contextOf(message)
  sealed[0] = VERSION
  createHmac('sha256', nonce).update(context).update(body).digest().copy(sealed, NONCE_AT, 0, NONCE_BYTES)
  const cipher = createCipheriv(cipherOf(text), text, nonceOf(sealed), { authTagLength: TAG_BYTES }).setAAD(context)
  sealed.set(cipher.update(body), TEXT_AT)
  cipher.final()
  sealed.set(cipher.getAuthTag(), sealed.length - TAG_BYTES)
  return sealed
}

/** The text; undefined when it was not sealed with this key by this sender under this number, or is not as it was sealed. */
export function unsealMessage(text: KeyObject, message: ChannelMessage): Buffer | undefined {
  const sealed = asBuffer(message.body)
  const decipher = createDecipheriv(cipherOf(text), text, nonceOf(sealed), { authTagLength: TAG_BYTES })
  decipher.setAAD(contextOf(message)).setAuthTag(sealed.subarray(sealed.length - TAG_BYTES))
  const body = decipher.update(sealed.subarray(TEXT_AT, sealed.length - TAG_BYTES))
  try {
    decipher.final()
    return body
  } catch {
    return undefined
  }
}

export function looksSealed(body: Uint8Array): boolean {
  return body.length >= SEALED_MESSAGE_BYTES && body[0] === VERSION
}

/** Who says it, and how: whoever changes a bit of it on the way is found out, as if it were the text. */
function contextOf({ source, number, options }: ChannelMessage): Buffer {
  const context = Buffer.alloc(UNIQUE_ID_BYTES + 10)
  context.set(source.uniqueId)
  context.writeBigUInt64BE(BigInt(number), UNIQUE_ID_BYTES)
  context.writeUInt16BE(options, UNIQUE_ID_BYTES + 8)
  return context
}

function cipherOf(key: KeyObject): 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' {
  const bits = (8 * key.symmetricKeySize!) as 128 | 192 | 256
  return `aes-${bits}-gcm`
}

function nonceOf(sealed: Buffer): Buffer {
  return sealed.subarray(NONCE_AT, TEXT_AT)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
