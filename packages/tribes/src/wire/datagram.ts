import { MalformedError } from '../errors.js'
import type { Member } from '../member.js'
import { ByteReader } from './byte-reader.js'
import { ByteWriter } from './byte-writer.js'
import { LONGEST_MEMBER_BYTES, readMember, writeMember } from './member-record.js'

/** A heartbeat travels unfragmented everywhere: the limits of its fields add up to less. */
export const MAX_DATAGRAM_BYTES = 1200
export const MAX_CLUSTER_NAME_BYTES = 64

/** What a member says to the group. */
export interface Datagram {
  readonly type: 'alive' | 'leave'
  /** A member that has just come asks all others to announce themselves now instead of at their next heartbeat. */
  readonly wantsAnswer: boolean
  readonly clusterName: string
  readonly member: Member
}

const MAGIC = Buffer.from('CLWD')
const SEALED_MAGIC = Buffer.from('CLWS')
const VERSION = 1
const ALIVE = 1
const LEAVE = 2
const WANTS_ANSWER = 0x0001

/** 1,130. */
export const LONGEST_HEARTBEAT_BYTES = 8 + 1 + MAX_CLUSTER_NAME_BYTES + LONGEST_MEMBER_BYTES

/**
 *     0        4         5      6       8
 *     ┌────────┬─────────┬──────┬───────┬─────────────────────┬───────────────┬─ ─ ─ ─
 *     │ 'CLWD' │ version │ type │ flags │ cluster name (text) │ member record │ ignored
 *     └────────┴─────────┴──────┴───────┴─────────────────────┴───────────────┴─ ─ ─ ─
 *
 * Later versions append; the version changes only when an older reader must not guess. So unknown flags and what follows the record are ignored.
 * The caller keeps to the limits of each field (`member-record.ts`).
 */
export function encodeDatagram({ type, wantsAnswer, clusterName, member }: Datagram): Buffer {
  const out = new ByteWriter(256)
  out
    .raw(MAGIC)
    .u8(VERSION)
    .u8(type === 'alive' ? ALIVE : LEAVE)
    .u16(wantsAnswer ? WANTS_ANSWER : 0)
    .text(clusterName)
  writeMember(out, member)
  return out.take()
}

/** Throws `MalformedError` for anything that is not a whole datagram of this version. */
export function decodeDatagram(bytes: Uint8Array): Datagram {
  if (bytes.length > MAX_DATAGRAM_BYTES) throw new MalformedError(`a datagram of ${bytes.length} bytes`)
  const input = new ByteReader(bytes)
  readPreamble(input)
  const type = readType(input.u8())
  const wantsAnswer = (input.u16() & WANTS_ANSWER) !== 0
  return { type, wantsAnswer, clusterName: input.text(MAX_CLUSTER_NAME_BYTES), member: readMember(input) }
}

/** Of somebody who has a secret, while there is none here. */
export function isSealed(bytes: Uint8Array): boolean {
  return SEALED_MAGIC.compare(bytes, 0, Math.min(SEALED_MAGIC.length, bytes.length)) === 0
}

function readPreamble(input: ByteReader): void {
  if (!input.raw(MAGIC.length).equals(MAGIC)) throw new MalformedError('not a heartbeat of Clowder')
  const version = input.u8()
  if (version !== VERSION) throw new MalformedError(`a heartbeat of version ${version}, this is ${VERSION}`)
}

function readType(code: number): Datagram['type'] {
  switch (code) {
    case ALIVE:
      return 'alive'
    case LEAVE:
      return 'leave'
    default:
      throw new MalformedError(`a heartbeat of unknown type ${code}`)
  }
}
