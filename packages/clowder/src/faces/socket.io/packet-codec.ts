import { UnserializableValueError } from '@clowder/ha'
import { MalformedError } from '@clowder/tribes'
import type { ClusterMessage, ClusterResponse } from 'socket.io-adapter'
import { ValueCodec } from '../../value-codec.js'

const codec = new ValueCodec()

/** Binary attachments stay binary. What the codec would refuse in a session is sent as JSON has it, for that is how clients would get it as well. */
export function encodePacket(message: ClusterMessage | ClusterResponse): Uint8Array {
  try {
    return codec.encode(message)
  } catch (error) {
    if (!(error instanceof UnserializableValueError)) throw error
    return codec.encode(asJson(message))
  }
}

/** Shares no memory with `bytes`. Throws UndecodableValueError, and MalformedError for a value that comes from no adapter. */
export function decodePacket(bytes: Uint8Array): ClusterMessage | ClusterResponse {
  const packet = codec.decode(bytes)
  if (isPacket(packet)) return packet
  throw new MalformedError('a message of Socket.IO that names no adapter and no namespace')
}

function isPacket(value: unknown): value is ClusterMessage | ClusterResponse {
  if (typeof value !== 'object' || value === null) return false
  const { uid, nsp } = value as { uid?: unknown; nsp?: unknown }
  return typeof uid === 'string' && typeof nsp === 'string'
}

/** What `JSON.parse(JSON.stringify(value))` gives, but for binary data. */
function asJson(value: unknown): unknown {
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null || isBinary(value)) return value
  if ('toJSON' in value && typeof value.toJSON === 'function') return asJson(value.toJSON())
  if (Array.isArray(value)) return value.map(asJson)
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, asJson(item)]))
}

function isBinary(value: object): boolean {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer
}
