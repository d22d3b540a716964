import { type ByteReader, type ByteWriter, MalformedError } from '@clowder/tribes'
import { type Entry, withContext } from '../state/entry.js'
import {
  MAX_NAME_BYTES,
  readCount,
  readCounter,
  readStamp,
  readValue,
  readVector,
  writeValue,
  writeVector,
} from '../state/packed-state.js'
import type { Delta } from '../state/session-state.js'
import { aliasOf, counterOf, covers, type VersionVector } from '../state/version-vector.js'
import { writeList } from './lists.js'

/**
 * `varint alias · varint counter · u64 stamp · context · n × (name · value) · n × (varint entry · context) · n × (varint entry · context)`: writer and dot are the same for
 * all entries of a commit, and mostly what had been seen. Less of a name: the first list of contexts. More: the second, which older members do not write.
 */
export function writeDelta(out: ByteWriter, delta: Delta): void {
  out
    .varint(delta.alias)
    .varint(delta.counter)
    .u64(delta.entries[0]?.stamp ?? 0)
  writeVector(out, delta.context)
  writeList(out, delta.entries, (to, entry) => writeValue(to.text(entry.name), entry.value))
  const contextOf = (place: number) => delta.entries[place]!.context!
  const places = [...delta.entries.keys()].filter(contextOf)
  const isMore = (place: number) => covers(contextOf(place), delta.context)
  const write = (to: ByteWriter, place: number) => writeVector(to.varint(place), contextOf(place))
  const less = places.filter(place => !isMore(place))
  writeList(out, less, write)
  writeList(out, places.filter(isMore), write)
}

/** `sender`: the incarnation of the member that sent it, of which the writer's name is made. */
export function readDelta(input: ByteReader, sender: string): Delta {
  const alias = readAlias(input)
  const actor = aliasOf(sender, alias)
  const counter = readCounter(input)
  const stamp = readStamp(input)
  const context = readVector(input)
  if (counterOf(context, actor) !== counter - 1)
    throw new MalformedError(`commit ${counter} does not follow its context`)
  const entries: Entry[] = []
  for (let n = readCount(input, Number.MAX_SAFE_INTEGER); n > 0; n--) {
    const name = input.text(MAX_NAME_BYTES)
    if (entries.length > 0 && name <= entries[entries.length - 1]!.name)
      throw new MalformedError('entries out of order')
    entries.push({ name, actor, counter, stamp, value: readValue(input) })
  }
  readOwnContexts(input, entries, own => isPart(own, context))
  if (input.remaining > 0) readOwnContexts(input, entries, own => isPart(context, own))
  return { actor, alias, counter, context, entries }
}

function readOwnContexts(input: ByteReader, entries: Entry[], isExpected: (own: VersionVector) => boolean): void {
  let next = 0
  for (let n = readCount(input, entries.length); n > 0; n--) {
    const place = input.varint()
    const entry = entries[place]
    if (!entry || place < next || entry.context) throw new MalformedError('contexts out of order')
    const own = readVector(input)
    if (!isExpected(own)) throw new MalformedError("a context that is neither part of its commit's nor more")
    entries[place] = withContext(entry, own)
    next = place + 1
  }
}

function isPart(a: VersionVector, of: VersionVector): boolean {
  return covers(of, a) && !covers(a, of)
}

function readAlias(input: ByteReader): number {
  const alias = input.varint()
  if (alias > 0xffff_ffff) throw new MalformedError(`an alias of ${alias}`)
  return alias
}
