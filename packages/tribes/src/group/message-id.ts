import type { Member } from '../member.js'
import { UNIQUE_ID_BYTES, type UniqueId } from '../unique-id.js'

/** A message's id in the whole cluster: the first eight bytes of the sending incarnation, then the message's number. */
export function messageUniqueId(source: Member, number: number): UniqueId {
  const id = new Uint8Array(UNIQUE_ID_BYTES)
  id.set(source.uniqueId.subarray(0, 8))
  new DataView(id.buffer).setBigUint64(8, BigInt(number))
  return id
}
