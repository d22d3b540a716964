import { ByteReader, ByteWriter, MalformedError } from '@clowder/tribes'
import type { DeadState } from '../state/death.js'
import {
  readCreation,
  readStamp,
  readState,
  readVector,
  viewValue,
  writeCreation,
  writeState,
  writeVector,
} from '../state/packed-state.js'
import type { Hash64 } from '../state/state-hash.js'
import { readDelta, writeDelta } from './delta-codec.js'
import { readDeparture, writeDeparture } from './departure-codec.js'
import { readFlag, writeFlag } from './flag.js'
import { withSince, writeSince } from './known-codec.js'
import { MOST_NAMED, readBuckets, readList, writeList } from './lists.js'
import { readLockMessage, writeLockMessage } from './lock-message-codec.js'
import type { Access, BucketHash, BucketRows, Message, MessageType, SentState } from './message.js'
import { ReceivedState } from './received-state.js'

/** First byte of every message between managers: tells them from other users of the channel. */
export const HA_NAMESPACE = 0x48
export const MAX_ID_BYTES = 128
/** Creators, and members that are gone, in one message: nobody remembers more, and each is looked for among those who are remembered. */
const MOST_REMEMBERED = 1_024
/** States in one message: those who send break off far earlier. */
const MOST_STATES = 8_192
/** Behind the namespace and the hash of the manager's name. */
const TYPE_OFFSET = 5

/** The wire number of a type is its place in this list; it never changes, new ones are appended. */
const TYPES: readonly MessageType[] = [
  'DELTA',
  'DEATH',
  'REGEN',
  'STATE',
  'PULL',
  'NOTHING',
  'TOUCH',
  'EXPIRING',
  'DIGEST',
  'BUCKETS',
  'LIST',
  'WANT',
  'DONE',
  'LEAVING',
  'EXPIRED',
  'LOCK',
  'GRANTED',
  'RENEW',
  'UNLOCK',
  'DENIED',
  'WHOSE',
  'LOCKS',
]

/** The wire number of STATE, for whoever writes packed sessions without opening them. */
export const STATE_CODE = TYPES.indexOf('STATE')

/** `u8 0x48 · u32 manager · u8 type · …`. Returns a buffer of its own, the same for all members; what `out` held is dropped. */
export function encodeMessage(manager: number, message: Message, out = new ByteWriter(512)): Buffer {
  out.clear().u8(HA_NAMESPACE).u32(manager).u8(TYPES.indexOf(message.type))
  writeBody(out, message)
  return out.take()
}

/** The manager that a message is for, without decoding the rest; undefined when it is none of ours. */
export function managerOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < 6 || bytes[0] !== HA_NAMESPACE) return undefined
  return ((bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!) >>> 0
}

/** Whether this version has the type of a message between managers. */
export function isKnownMessage(bytes: Uint8Array): boolean {
  return bytes[TYPE_OFFSET]! < TYPES.length
}

/**
 * `actor`: the incarnation of the member that sent it, as latin1 text: a delta is always its writer's own. What follows the end is a later version's. Throws
 * MalformedError.
 */
export function decodeMessage(bytes: Uint8Array, actor: string): Message {
  const input = new ByteReader(bytes)
  input.raw(TYPE_OFFSET)
  const code = input.u8()
  const type = TYPES[code]
  if (!type) throw new MalformedError(`unknown session message ${code}`)
  return readBody(input, type, actor)
}

function writeBody(out: ByteWriter, m: Message): void {
  switch (m.type) {
    case 'DELTA':
      out.text(m.id)
      return writeDelta(out, m.delta)
    case 'DEATH':
      return writeState(out.text(m.id), m.death)
    case 'REGEN':
      writeState(out.text(m.oldId), m.death)
      out.text(m.id)
      return writeDelta(out, m.delta)
    case 'STATE':
      return writeList(out.u32(m.exchange), m.states, writeSentState)
    case 'PULL':
      out.u32(m.exchange).text(m.id).varint(m.idleMs)
      return writeVector(out, m.vector)
    case 'NOTHING':
      writeFlag(out.u32(m.exchange), m.isHere)
      return
    case 'TOUCH':
    case 'EXPIRING':
      return writeList(out, m.accesses, writeAccess)
    case 'DIGEST':
      writeFlag(writeFlag(out.u32(m.exchange).u16(m.share).u16(m.shares), m.isReady), m.asksWhoIsGone)
      return writeHash(out.u32(m.view), m.root)
    case 'BUCKETS':
      return writeList(out.u32(m.exchange), m.buckets, writeBucketHash)
    case 'LIST':
      writeList(writeFlag(out.u32(m.exchange), m.isLast), m.lists, writeBucketRows)
      writeList(out, m.known, writeCreation)
      return writeSince(out, m.known)
    case 'WANT':
      return writeList(out.u32(m.exchange), m.buckets, writeBucketRows)
    case 'DONE':
      writeFlag(writeFlag(out.u32(m.exchange).varint(m.sent), m.isReady), m.canTell).u64(m.memory.collected)
      writeList(out, m.memory.known, writeCreation)
      writeList(out, m.departures, writeDeparture)
      return writeSince(out, m.memory.known)
    case 'LEAVING':
      out.u64(m.stamp)
      return
    case 'EXPIRED':
      return writeList(out, m.ids, (to, id) => to.text(id))
    default:
      return writeLockMessage(out, m)
  }
}

function readBody(input: ByteReader, type: MessageType, actor: string): Message {
  switch (type) {
    case 'DELTA':
      return { type, id: readId(input), delta: readDelta(input, actor) }
    case 'DEATH':
      return { type, id: readId(input), death: readDeath(input) }
    case 'REGEN':
      return {
        type,
        oldId: readId(input),
        death: readDeath(input),
        id: readId(input),
        delta: readDelta(input, actor),
      }
    case 'STATE':
      return { type, exchange: input.u32(), states: readList(input, readSentState, MOST_STATES) }
    case 'PULL':
      return { type, exchange: input.u32(), id: readId(input), idleMs: input.varint(), vector: readVector(input) }
    case 'NOTHING':
      return { type, exchange: input.u32(), isHere: readFlag(input) }
    case 'TOUCH':
    case 'EXPIRING':
      return { type, accesses: readList(input, readAccess, MOST_NAMED) }
    case 'DIGEST':
      return readDigest(input)
    case 'BUCKETS':
      return { type, exchange: input.u32(), buckets: readBuckets(input, readBucketHash) }
    case 'LIST':
      return {
        type,
        exchange: input.u32(),
        isLast: readFlag(input),
        lists: readBuckets(input, readBucketRows),
        known: withSince(input, readList(input, readCreation, MOST_REMEMBERED)),
      }
    case 'WANT':
      return { type, exchange: input.u32(), buckets: readBuckets(input, readBucketRows) }
    case 'DONE':
      return readDone(input)
    case 'LEAVING':
      return { type, stamp: input.remaining > 0 ? readStamp(input) : 0 }
    case 'EXPIRED':
      return { type, ids: readList(input, readId, MOST_NAMED) }
    default:
      return readLockMessage(input, type)
  }
}

function readDeath(input: ByteReader): DeadState {
  const state = readState(input)
  if (state.kind === 'dead') return state
  throw new MalformedError('a death certificate of a living session')
}

function readDigest(input: ByteReader): Extract<Message, { type: 'DIGEST' }> {
  const exchange = input.u32()
  const share = input.u16()
  const shares = input.u16()
  if (share >= shares) throw new MalformedError(`share ${share} of ${shares}`)
  const isReady = readFlag(input)
  const asksWhoIsGone = readFlag(input)
  return { type: 'DIGEST', exchange, share, shares, isReady, asksWhoIsGone, view: input.u32(), root: readHash(input) }
}

function readDone(input: ByteReader): Extract<Message, { type: 'DONE' }> {
  const exchange = input.u32()
  const sent = input.varint()
  const isReady = readFlag(input)
  const canTell = readFlag(input)
  const collected = readStamp(input)
  const creations = readList(input, readCreation, MOST_REMEMBERED)
  const departures = readList(input, readDeparture, MOST_REMEMBERED)
  const memory = { collected, known: withSince(input, creations) }
  return { type: 'DONE', exchange, sent, isReady, canTell, memory, departures }
}

function writeSentState(out: ByteWriter, sent: SentState): void {
  out.text(sent.id).varint(Math.floor(sent.idleMs))
  if (sent.packed) out.raw(sent.packed)
  else writeState(out, sent.state)
}

function readSentState(input: ByteReader): SentState {
  const id = readId(input)
  const idleMs = input.varint()
  const start = input.offset
  const state = readState(input, viewValue)
  return new ReceivedState(id, idleMs, state, input.since(start))
}

function writeAccess(out: ByteWriter, access: Access): void {
  out.text(access.id).varint(Math.floor(access.idleMs))
}

function readAccess(input: ByteReader): Access {
  return { id: readId(input), idleMs: input.varint() }
}

function writeBucketHash(out: ByteWriter, b: BucketHash): void {
  writeHash(out.u16(b.bucket), b.hash)
}

function readBucketHash(input: ByteReader): BucketHash {
  return { bucket: input.u16(), hash: readHash(input) }
}

function writeBucketRows(out: ByteWriter, list: BucketRows): void {
  writeList(out.u16(list.bucket), list.rows, writeHash)
}

function readBucketRows(input: ByteReader): BucketRows {
  return { bucket: input.u16(), rows: readList(input, readHash) }
}

function writeHash(out: ByteWriter, hash: Hash64): void {
  out.u32(hash.high >>> 0).u32(hash.low >>> 0)
}

function readHash(input: ByteReader): Hash64 {
  return { high: input.u32() | 0, low: input.u32() | 0 }
}

function readId(input: ByteReader): string {
  return input.text(MAX_ID_BYTES)
}
