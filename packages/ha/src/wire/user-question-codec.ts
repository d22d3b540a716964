import { ByteReader, ByteWriter } from '@clowder/tribes'
import type { Stamp } from '../state/hybrid-clock.js'
import { readCount, readStamp } from '../state/packed-state.js'
import { HA_NAMESPACE, MAX_ID_BYTES } from './message-codec.js'

// u8 0x48 · u32 name · u8 0 · u32 question · text user
// u8 0x48 · u32 name · u8 1 · u32 question · n × (text id · u64 since · u48 creation, epoch ms · varint idle ms)

const QUESTION = 0
const ANSWER = 1
const HEADER_BYTES = 5
/** No answer is longer. */
export const MAX_ROWS = 1_000

/** One session as a list of a user's sessions has it. */
export interface UserSessionRow {
  readonly id: string
  readonly since: Stamp
  /** Epoch milliseconds. */
  readonly createdAtMs: number
  readonly idleMs: number
}

/** What members ask each other about users. */
export type UserQuestion =
  | { readonly type: 'question'; readonly number: number; readonly user: string }
  | { readonly type: 'answer'; readonly number: number; readonly rows: readonly UserSessionRow[] }

/** `name`: the hash of the manager's. */
export function encodeUserQuestion(name: number, message: UserQuestion): Buffer {
  const out = new ByteWriter(256).u8(HA_NAMESPACE).u32(name)
  if (message.type === 'question') return out.u8(QUESTION).u32(message.number).text(message.user).take()
  out.u8(ANSWER).u32(message.number).varint(message.rows.length)
  for (const { id, since, createdAtMs, idleMs } of message.rows) out.text(id).u64(since).u48(createdAtMs).varint(idleMs)
  return out.take()
}

/** Undefined: of a kind that a later version has. What follows the end is a later version's too. Throws MalformedError. */
export function decodeUserQuestion(bytes: Uint8Array): UserQuestion | undefined {
  const input = new ByteReader(bytes)
  input.raw(HEADER_BYTES)
  const kind = input.u8()
  if (kind === QUESTION) return { type: 'question', number: input.u32(), user: input.text(MAX_ID_BYTES) }
  return kind === ANSWER ? { type: 'answer', number: input.u32(), rows: readRows(input) } : undefined
}

function readRows(input: ByteReader): UserSessionRow[] {
  const rows: UserSessionRow[] = []
  for (let n = readCount(input, MAX_ROWS); n > 0; n--) {
    const id = input.text(MAX_ID_BYTES)
    rows.push({ id, since: readStamp(input), createdAtMs: input.u48(), idleMs: input.varint() })
  }
  return rows
}
