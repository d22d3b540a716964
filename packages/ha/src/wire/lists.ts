import { type ByteReader, type ByteWriter, MalformedError } from '@clowder/tribes'
import { readCount } from '../state/packed-state.js'

/** Sessions, or locks, named in one message, of which whoever has more to say sends several: one must not hold up the other member for long. */
export const MOST_NAMED = 1_000

/** Members that are gone and that a home of locks names. */
export const MOST_GONE = 256

/** A varint and so many items. */
export function writeList<T>(out: ByteWriter, items: readonly T[], write: (out: ByteWriter, item: T) => void): void {
  out.varint(items.length)
  for (const item of items) write(out, item)
}

/** `most`: a list that says that it is longer is malformed. */
export function readList<T>(
  input: ByteReader,
  read: (input: ByteReader) => T,
  most: number = Number.MAX_SAFE_INTEGER,
): readonly T[] {
  const items: T[] = []
  for (let n = readCount(input, most); n > 0; n--) items.push(read(input))
  return items
}

/** Buckets come in their order, each once: one that is named a hundred thousand times in a message would be gone through as often. */
export function readBuckets<T extends { readonly bucket: number }>(
  input: ByteReader,
  read: (input: ByteReader) => T,
): readonly T[] {
  let last = -1
  return readList(input, input => {
    const item = read(input)
    if (item.bucket <= last) throw new MalformedError('buckets out of order')
    last = item.bucket
    return item
  })
}
