import { type Member, member } from '../member.js'
import { UNIQUE_ID_BYTES } from '../unique-id.js'
import type { ByteReader } from './byte-reader.js'
import type { ByteWriter } from './byte-writer.js'

/** Limits of a member's own texts, so that a heartbeat with an empty payload stays well under 1,200 bytes. */
export const MAX_HOST_BYTES = 255
export const MAX_NAME_BYTES = 128
export const MAX_DOMAIN_BYTES = 128
export const MAX_PAYLOAD_BYTES = 512

/** Of these texts, their lengths and the age. */
export const LONGEST_MEMBER_BYTES =
  UNIQUE_ID_BYTES +
  (2 + MAX_HOST_BYTES) +
  2 +
  (2 + MAX_NAME_BYTES) +
  (2 + MAX_DOMAIN_BYTES) +
  (2 + MAX_PAYLOAD_BYTES) +
  8

/** `uniqueId(16) · host · u16 port · name · domain · payload · varint aliveMs`: the same record in a heartbeat and in a HELLO. */
export function writeMember(out: ByteWriter, m: Member): void {
  out
    .raw(m.uniqueId)
    .text(m.host)
    .u16(m.port)
    .text(m.name)
    .text(m.domain)
    .bytes(m.payload)
    .varint(Math.floor(m.aliveMs))
}

export function readMember(input: ByteReader): Member {
  return member({
    uniqueId: input.span(UNIQUE_ID_BYTES).slice(),
    host: input.text(MAX_HOST_BYTES),
    port: input.u16(),
    name: input.text(MAX_NAME_BYTES),
    domain: input.text(MAX_DOMAIN_BYTES),
    payload: new Uint8Array(input.bytes(MAX_PAYLOAD_BYTES)),
    aliveMs: input.varint(),
  })
}
