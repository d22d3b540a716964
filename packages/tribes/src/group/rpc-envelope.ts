import { MalformedError } from '../errors.js'
import { ByteReader } from '../wire/byte-reader.js'
import { ByteWriter } from '../wire/byte-writer.js'

/** The first byte of every rpc message ('R'), which tells it from the application's own. */
export const RPC_BYTE = 0x52

export type RpcKind = 'request' | 'reply' | 'no-reply'

/**
 *     ┌──────┬──────┬──────────────┬─────────────┬────────┐
 *     │ 0x52 │ kind │ rpcId (bytes)│ call varint │ body … │
 *     └──────┴──────┴──────────────┴─────────────┴────────┘
 */
export interface RpcEnvelope {
  readonly kind: RpcKind
  /** Which RpcChannel it is for: several may share a channel. */
  readonly rpcId: Uint8Array
  /** Numbered by the caller; a reply repeats it. */
  readonly call: number
  readonly body: Uint8Array
}

const MAX_RPC_ID_BYTES = 64

const KINDS: readonly RpcKind[] = ['request', 'reply', 'no-reply']
const EMPTY = new Uint8Array(0)

export function encodeRpc({ kind, rpcId, call, body }: RpcEnvelope): Uint8Array {
  const out = new ByteWriter(body.length + rpcId.length + 16)
  return out.u8(RPC_BYTE).u8(KINDS.indexOf(kind)).bytes(rpcId).varint(call).raw(body).take()
}

function isRpc(bytes: Uint8Array): boolean {
  return bytes[0] === RPC_BYTE
}

/** The body is a view of `bytes`. Throws MalformedError. */
export function decodeRpc(bytes: Uint8Array): RpcEnvelope {
  const input = new ByteReader(bytes)
  if (input.u8() !== RPC_BYTE) throw new MalformedError('an rpc message does not begin with 0x52')
  const kind = KINDS[input.u8()]
  if (!kind) throw new MalformedError('an rpc message is neither a request nor a reply')
  const rpcId = input.bytes(MAX_RPC_ID_BYTES)
  const call = input.varint()
  return { kind, rpcId, call, body: input.raw(input.remaining) }
}

/** Undefined for what is none, however it begins: an application may send what it likes. */
export function rpcIn(bytes: Uint8Array): RpcEnvelope | undefined {
  try {
    return isRpc(bytes) ? decodeRpc(bytes) : undefined
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}

/** 'No reply will come' to a request; undefined for everything else. */
export function refusalOf(bytes: Uint8Array): Uint8Array | undefined {
  const envelope = rpcIn(bytes)
  if (envelope?.kind !== 'request') return undefined
  const { rpcId, call } = envelope
  return encodeRpc({ kind: 'no-reply', rpcId, call, body: EMPTY })
}
