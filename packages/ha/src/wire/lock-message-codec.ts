import { type ByteReader, type ByteWriter, MalformedError } from '@clowder/tribes'
import { readActor, readCount, readStamp, writeActor } from '../state/packed-state.js'
import { ACTOR_PREFIX, MAX_TOKEN_DOTS, type VersionToken } from '../state/version-token.js'
import { readDeparture, writeDeparture } from './departure-codec.js'
import { readFlag, writeFlag } from './flag.js'
import { MOST_GONE, MOST_NAMED, readList, writeList } from './lists.js'
import type { Denial, KnownLock, LockMessage } from './lock-message.js'

/** The wire number of a reason is its place. */
const DENIALS: readonly Denial[] = ['notHome', 'full', 'lost']
const MAX_ID_BYTES = 128

export function writeLockMessage(out: ByteWriter, m: LockMessage): void {
  switch (m.type) {
    case 'LOCK':
      out.text(m.id).varint(m.number).varint(m.leaseMs).varint(m.patienceMs).u64(m.stamp)
      return
    case 'GRANTED':
      out.text(m.id).varint(m.number).varint(m.renewal).u64(m.fence).varint(m.leaseMs).varint(m.waitedMs)
      return writeLeft(writeFlag(out, m.isCertain), m.left)
    case 'RENEW':
      out.text(m.id).varint(m.number).varint(m.renewal).u64(m.fence).varint(m.leaseMs).u64(m.stamp)
      return void writeFlag(out, m.isHeld)
    case 'UNLOCK':
      out.text(m.id).varint(m.number).u64(m.fence).u64(m.stamp)
      return writeLeft(writeFlag(out, m.isCertain), m.left)
    case 'DENIED':
      out.text(m.id).varint(m.number).u8(DENIALS.indexOf(m.why))
      return
    case 'WHOSE':
      out.u32(m.question)
      if (m.view !== undefined) out.u32(m.view)
      return
    case 'LOCKS':
      writeList(writeFlag(out.u32(m.question), m.isLast), m.locks, writeKnown)
      return writeList(out, m.gone, writeDeparture)
  }
}

/** Throws MalformedError. */
export function readLockMessage(input: ByteReader, type: LockMessage['type']): LockMessage {
  switch (type) {
    case 'LOCK': {
      const asked = { type, ...readNamed(input), leaseMs: input.varint(), patienceMs: input.varint() }
      return { ...asked, stamp: readStamp(input) }
    }
    case 'GRANTED': {
      const granted = { type, ...readNamed(input), renewal: input.varint(), fence: readStamp(input) }
      const times = { leaseMs: input.varint(), waitedMs: input.varint() }
      return { ...granted, ...times, isCertain: readFlag(input), left: readLeft(input) }
    }
    case 'RENEW': {
      const renewed = { type, ...readNamed(input), renewal: input.varint(), fence: readStamp(input) }
      return {
        ...renewed,
        leaseMs: input.varint(),
        stamp: readStamp(input),
        isHeld: input.remaining === 0 || readFlag(input),
      }
    }
    case 'UNLOCK': {
      const given = { type, ...readNamed(input), fence: readStamp(input), stamp: readStamp(input) }
      return { ...given, isCertain: readFlag(input), left: readLeft(input) }
    }
    case 'DENIED':
      return { type, ...readNamed(input), why: readDenial(input) }
    case 'WHOSE':
      return { type, question: input.u32(), view: input.remaining === 0 ? undefined : input.u32() }
    case 'LOCKS':
      return {
        type,
        question: input.u32(),
        isLast: readFlag(input),
        locks: readList(input, readKnown, MOST_NAMED),
        gone: input.remaining === 0 ? [] : readList(input, readDeparture, MOST_GONE),
      }
  }
}

function readNamed(input: ByteReader): { id: string; number: number } {
  return { id: input.text(MAX_ID_BYTES), number: input.varint() }
}

function writeKnown(out: ByteWriter, { id, owner, number, fence, leaseMs, left }: KnownLock): void {
  out
    .text(id)
    .varint(number)
    .u8(owner === '' ? 0 : 1)
  if (owner !== '') writeActor(out, owner)
  writeLeft(out.u64(fence).varint(leaseMs), left)
}

function readKnown(input: ByteReader): KnownLock {
  const { id, number } = readNamed(input)
  const owner = readFlag(input) ? readActor(input) : ''
  return { id, owner, number, fence: readStamp(input), leaseMs: input.varint(), left: readLeft(input) }
}

/** What somebody has seen, without how it began: `u64 stamp · n × (first 8 bytes of a writer · varint counter)`. */
function writeLeft(out: ByteWriter, { stamp, dots }: VersionToken): void {
  out.u64(stamp).varint(dots.length)
  for (const { actor, counter } of dots) out.latin1(actor).varint(counter)
}

function readLeft(input: ByteReader): VersionToken {
  const stamp = readStamp(input)
  const dots: { actor: string; counter: number }[] = []
  for (let n = readCount(input, MAX_TOKEN_DOTS); n > 0; n--)
    dots.push({ actor: input.latin1(ACTOR_PREFIX), counter: input.varint() })
  return { dots, stamp }
}

function readDenial(input: ByteReader): Denial {
  const code = input.u8()
  const why = DENIALS[code]
  if (!why) throw new MalformedError(`no such denial: ${code}`)
  return why
}
