import { ByteReader, ByteWriter, MalformedError } from '@clowder/tribes'
import type { Creation, DeadState, DeathReason } from './death.js'
import { compareEntries, type Entry, withContext } from './entry.js'
import { MAX_STAMP } from './hybrid-clock.js'
import { type LiveState, type SessionState, withFloor } from './session-state.js'
import { ACTOR_PREFIX, type Beginning, RECENT_DOTS } from './version-token.js'
import { counterOf, covers, type Dot, type VersionVector } from './version-vector.js'

// A state as bytes, at rest and on the wire alike. Canonical: equal states are equal bytes.
//
//   u8 0 · actors: n × (16 bytes · varint counter · varint needed) · entries: n × (name · varint actor · varint counter · u64 stamp · varint 0 | 1+length · value)
//   u8 1 · reason · u64 stamp
//   u8 3: as 1, then · creation: 16 bytes · u64 stamp
//   u8 5: as 1, then · adopted: u8 n, 1 to 4 · n × 8 bytes of a writer · u64 stamp
//   u8 4 · u64 stamp of the newest removal that is forgotten · then as 0 or 2, with that in front
//   u8 2: as 0, then · contexts: n × (varint entry · vector), of entries whose writers had seen more than the state includes

const LIVE = 0
const DEAD = 1
const LIVE_OVER_GAPS = 2
const DEAD_OF_KNOWN = 3
const LIVE_WITH_FLOOR = 4
const DEAD_OF_ADOPTED = 5
const ACTOR_BYTES = 16
const FLOOR_AND_KIND_BYTES = 9
const REASONS: readonly DeathReason[] = ['invalidated', 'renamed', 'shutdown']
export const MAX_NAME_BYTES = 256
const MAX_ACTORS = 4096

export function writeState(out: ByteWriter, state: SessionState): void {
  if (state.kind === 'dead') {
    return writeDead(out, state)
  }
  if (state.floor) out.u8(LIVE_WITH_FLOOR).u64(state.floor)
  writeLive(out, state)
}

function writeDead(out: ByteWriter, { reason, stamp, creation, adopted }: DeadState): void {
  const kind = creation ? DEAD_OF_KNOWN : adopted ? DEAD_OF_ADOPTED : DEAD
  out.u8(kind).u8(REASONS.indexOf(reason)).u64(stamp)
  if (creation) return writeCreation(out, creation)
  if (!adopted) return
  out.u8(adopted.actors.length)
  for (const actor of adopted.actors) out.latin1(actor)
  out.u64(adopted.stamp)
}

function writeLive(out: ByteWriter, state: LiveState): void {
  const actors = actorTable(state.vector, state.needed, state.entries)
  const places = actors.length === 1 ? undefined : new Map(actors.map((actor, place) => [actor, place]))
  const isOverGaps = state.entries.some(entry => hasUncovered(entry, state))
  out.u8(isOverGaps ? LIVE_OVER_GAPS : LIVE).varint(actors.length)
  for (const actor of actors) {
    writeActor(out, actor)
    out.varint(counterOf(state.vector, actor)).varint(counterOf(state.needed, actor))
  }
  out.varint(state.entries.length)
  for (const entry of state.entries) {
    out
      .text(entry.name)
      .varint(places?.get(entry.actor) ?? 0)
      .varint(entry.counter)
      .u64(entry.stamp)
    writeValue(out, entry.value)
  }
  if (isOverGaps) writeContexts(out, state)
}

/** With `readValue`, values are copied out of `input`, so that a small attribute does not keep a large chunk alive; with `viewValue` they lie in it. */
export function readState(input: ByteReader, takeValue = readValue): SessionState {
  const kind = input.u8()
  if (isDead(kind)) return readDead(input, kind)
  if (kind !== LIVE_WITH_FLOOR) return readLive(input, kind, takeValue)
  const floor = readStamp(input)
  if (floor === 0) throw new MalformedError('nothing that was forgotten')
  return withFloor(readLive(input, input.u8(), takeValue), floor)
}

function readDead(input: ByteReader, kind: number): DeadState {
  const death = { kind: 'dead', reason: readReason(input), stamp: readStamp(input) } as const
  if (kind === DEAD) return death
  return kind === DEAD_OF_KNOWN
    ? { ...death, creation: readCreation(input) }
    : { ...death, adopted: readAdopted(input) }
}

function readAdopted(input: ByteReader): Beginning {
  const count = input.u8()
  if (count === 0 || count > RECENT_DOTS) throw new MalformedError(`adopted from ${count} writers`)
  const actors = Array.from({ length: count }, () => input.latin1(ACTOR_PREFIX))
  for (let i = 1; i < count; i++) if (actors[i - 1]! >= actors[i]!) throw new MalformedError('writers out of order')
  return { actors, stamp: readStamp(input) }
}

function isDead(kind: number): boolean {
  return kind === DEAD || kind === DEAD_OF_KNOWN || kind === DEAD_OF_ADOPTED
}

function readLive(input: ByteReader, kind: number, takeValue: typeof readValue): LiveState {
  if (kind !== LIVE && kind !== LIVE_OVER_GAPS) throw new MalformedError(`a session state of unknown kind ${kind}`)
  const actors: string[] = []
  const vector: Dot[] = []
  const needed: Dot[] = []
  for (let n = readCount(input, MAX_ACTORS); n > 0; n--) {
    const actor = readActor(input)
    if (actors.length > 0 && actor <= actors[actors.length - 1]!) throw new MalformedError('writers out of order')
    actors.push(actor)
    pushDot(vector, actor, input.varint())
    pushDot(needed, actor, input.varint())
  }
  const entries = readEntries(input, actors, takeValue)
  if (kind === LIVE_OVER_GAPS) readContexts(input, entries, vector)
  if (actors.length > vector.length) checkActors(actors, { kind: 'live', entries, vector, needed })
  return { kind: 'live', entries, vector, needed }
}

/** In a buffer of its own. */
export function packState(state: SessionState): Buffer {
  const out = new ByteWriter(512)
  writeState(out, state)
  return out.take()
}

/** Which kind of state begins with this byte. */
export function packedKind(first: number): SessionState['kind'] {
  return isDead(first) ? 'dead' : 'live'
}

/** The value of one entry where it lies, without making anything of the others: entries are sorted, and the session's own properties come first. */
export function packedValue(bytes: Uint8Array, name: string): Uint8Array | undefined {
  const input = new ByteReader(bytes)
  const first = input.u8()
  if (isDead(first)) return undefined
  if (first === LIVE_WITH_FLOOR) input.raw(FLOOR_AND_KIND_BYTES)
  for (let n = input.varint(); n > 0; n--) {
    input.span(ACTOR_BYTES)
    input.varint()
    input.varint()
  }
  for (let n = input.varint(); n > 0; n--) {
    const found = input.text(MAX_NAME_BYTES)
    if (found > name) return undefined
    input.varint()
    input.varint()
    input.u64()
    const value = viewValue(input)
    if (found === name) return value
  }
  return undefined
}

export function unpackState(bytes: Uint8Array): SessionState {
  const input = new ByteReader(bytes)
  const state = readState(input)
  input.end()
  return state
}

export function writeActor(out: ByteWriter, actor: string): void {
  out.latin1(actor)
}

export function readActor(input: ByteReader): string {
  return input.latin1(ACTOR_BYTES)
}

export function writeCreation(out: ByteWriter, { actor, stamp }: Creation): void {
  writeActor(out, actor)
  out.u64(stamp)
}

export function readCreation(input: ByteReader): Creation {
  return { actor: readActor(input), stamp: readStamp(input) }
}

export function writeVector(out: ByteWriter, vector: VersionVector): void {
  out.varint(vector.length)
  for (const dot of vector) {
    writeActor(out, dot.actor)
    out.varint(dot.counter)
  }
}

export function readVector(input: ByteReader): VersionVector {
  const vector: Dot[] = []
  for (let n = readCount(input, MAX_ACTORS); n > 0; n--) pushDot(vector, readActor(input), input.varint())
  for (let i = 1; i < vector.length; i++) {
    if (vector[i - 1]!.actor >= vector[i]!.actor) throw new MalformedError('a version vector out of order')
  }
  return vector
}

export function writeValue(out: ByteWriter, value: Uint8Array | undefined): void {
  if (value === undefined) out.varint(0)
  else out.varint(value.length + 1).raw(value)
}

/** A copy of the value's bytes, or undefined for a removal. */
export function readValue(input: ByteReader): Uint8Array | undefined {
  const length = input.varint()
  if (length === 0) return undefined
  return input.span(length - 1).slice()
}

/** The value's bytes where they lie. */
export function viewValue(input: ByteReader): Uint8Array | undefined {
  const length = input.varint()
  return length === 0 ? undefined : input.span(length - 1)
}

export function readStamp(input: ByteReader): number {
  const stamp = input.u64()
  if (stamp > MAX_STAMP) throw new MalformedError(`a stamp past all time: ${stamp}`)
  return stamp
}

/** The number of a commit, from 1 on. */
export function readCounter(input: ByteReader): number {
  const counter = input.varint()
  if (counter === 0) throw new MalformedError('a commit numbered 0')
  return counter
}

/** A count that the remaining bytes can hold at all, checked before anything is allocated for it. */
export function readCount(input: ByteReader, most: number): number {
  const count = input.varint()
  if (count > most || count > input.remaining) throw new MalformedError(`a list of ${count} things does not fit`)
  return count
}

function readReason(input: ByteReader): DeathReason {
  const code = input.u8()
  const reason = REASONS[code]
  if (!reason) throw new MalformedError(`unknown death reason ${code}`)
  return reason
}

/** Whether its writer had seen something that the state does not include. */
function hasUncovered({ context }: Entry, { vector }: LiveState): boolean {
  return context !== undefined && !covers(vector, context)
}

function writeContexts(out: ByteWriter, state: LiveState): void {
  const places = [...state.entries.keys()].filter(place => hasUncovered(state.entries[place]!, state))
  out.varint(places.length)
  for (const place of places) writeVector(out.varint(place), state.entries[place]!.context!)
}

function readContexts(input: ByteReader, entries: Entry[], vector: VersionVector): void {
  let next = 0
  const count = readCount(input, entries.length)
  if (count === 0) throw new MalformedError('no contexts')
  for (let n = count; n > 0; n--) {
    const place = input.varint()
    const entry = entries[place]
    if (!entry || place < next) throw new MalformedError('contexts out of order')
    const context = readVector(input)
    if (covers(vector, context)) throw new MalformedError('a context that says nothing')
    entries[place] = withContext(entry, context)
    next = place + 1
  }
}

function readEntries(input: ByteReader, actors: readonly string[], takeValue: typeof readValue): Entry[] {
  const entries: Entry[] = []
  for (let n = readCount(input, Number.MAX_SAFE_INTEGER); n > 0; n--) {
    const name = input.text(MAX_NAME_BYTES)
    const actor = actors[input.varint()]
    if (actor === undefined) throw new MalformedError('an entry of an unlisted writer')
    const entry = { name, actor, counter: readCounter(input), stamp: readStamp(input), value: takeValue(input) }
    const last = entries[entries.length - 1]
    if (last && compareEntries(last, entry) >= 0) throw new MalformedError('entries out of order')
    entries.push(entry)
  }
  return entries
}

/** Equal states are equal bytes: a writer is listed because something is said of it. */
function checkActors(actors: readonly string[], { vector, needed, entries }: LiveState): void {
  if (actors.length > actorTable(vector, needed, entries).length) throw new MalformedError('a writer of nothing')
}

function actorTable(vector: VersionVector, needed: VersionVector, entries: readonly Entry[]): readonly string[] {
  if (vector.length === 1 && needed.length === 0 && entries.every(e => e.actor === vector[0]!.actor))
    return [vector[0]!.actor]
  const actors = new Set(vector.map(dot => dot.actor))
  for (const { actor } of needed) actors.add(actor)
  for (const { actor } of entries) actors.add(actor)
  return [...actors].sort()
}

function pushDot(vector: Dot[], actor: string, counter: number): void {
  if (counter > 0) vector.push({ actor, counter })
}
