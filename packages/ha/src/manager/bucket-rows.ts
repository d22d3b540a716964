import type { Hash64 } from '../state/state-hash.js'
import type { BucketRows } from '../wire/message.js'
import { worthTakingMs } from './access-times.js'
import { BUCKETS, hashKey } from './digest.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionTable } from './session-table.js'

/** Rows in one LIST. */
const ROWS_PER_LIST = 4_096

// A row is a session's hash: two tables are compared without a word about ids. Lists come from other members, so that a bucket may be none of ours.

function rowsOf(table: SessionTable, bucket: number): Hash64[] {
  return copiesOf(table, bucket).map(copy => copy.hash)
}

/** The rows of these buckets in lists that are worth a message each: so small that comparing one holds up nobody. The last one may be empty. */
export function* listsOf(
  table: SessionTable,
  buckets: readonly number[],
): Generator<{ readonly lists: readonly BucketRows[]; readonly isLast: boolean }> {
  let lists: BucketRows[] = []
  let rows = 0
  for (const bucket of buckets) {
    const list = { bucket, rows: rowsOf(table, bucket) }
    lists.push(list)
    rows += list.rows.length
    if (rows < ROWS_PER_LIST) continue
    yield { lists, isLast: false }
    lists = []
    rows = 0
  }
  yield { lists, isLast: true }
}

/** The rows that are listed and not in the table, by bucket; buckets without any are left out. Yields after each bucket. */
export function* rowsNotIn(table: SessionTable, lists: readonly BucketRows[]): Generator<void, BucketRows[]> {
  const missing: BucketRows[] = []
  for (const { bucket, rows } of lists) {
    const strange = strangeRows(table, bucket, rows)
    if (strange.length > 0) missing.push({ bucket, rows: strange })
    yield
  }
  return missing
}

/** Of a bucket of which the other one has nothing there are none to be looked for: of every bucket, that is, when it joins. */
function strangeRows(table: SessionTable, bucket: number, rows: readonly Hash64[]): readonly Hash64[] {
  if (rows.length === 0) return rows
  const mine = keysOf(rowsOf(table, bucket))
  return rows.filter(row => !mine.has(hashKey(row)))
}

/**
 * The copies in the listed buckets that are listed, looked up only when they are asked for. `withheld`: called for those that are not given all the same. Of a copy that has changed since its
 * row was told only that much is known: that it is in the bucket, so all of that are given.
 */
export function copiesIn(
  table: SessionTable,
  lists: readonly BucketRows[],
  clock: { now(): number },
  withheld: (copy: SessionCopy) => void,
) {
  const wanted = (copies: readonly SessionCopy[], rows: ReadonlySet<number>) => {
    const listed = copies.filter(copy => rows.has(hashKey(copy.hash)))
    return listed.length < rows.size ? copies : listed
  }
  return select(table, lists, clock, wanted, withheld)
}

/** The same, of those that are not listed. */
export function copiesNotIn(
  table: SessionTable,
  lists: readonly BucketRows[],
  clock: { now(): number },
  withheld: (copy: SessionCopy) => void,
) {
  const others = (copies: readonly SessionCopy[], rows: ReadonlySet<number>) =>
    copies.filter(copy => !rows.has(hashKey(copy.hash)))
  return select(table, lists, clock, others, withheld)
}

/** What is well past its time is not worth sending: the other side drops it too, or has dropped it already. */
function* select(
  table: SessionTable,
  lists: readonly BucketRows[],
  clock: { now(): number },
  chosen: (copies: readonly SessionCopy[], rows: ReadonlySet<number>) => readonly SessionCopy[],
  withheld: (copy: SessionCopy) => void,
): Generator<SessionCopy> {
  for (const { bucket, rows } of lists) {
    for (const copy of chosen(copiesOf(table, bucket), keysOf(rows))) {
      if (copy.idleMs(clock.now()) < worthTakingMs(copy.idleLimitMs)) yield copy
      else withheld(copy)
    }
  }
}

function copiesOf(table: SessionTable, bucket: number): readonly SessionCopy[] {
  return bucket < BUCKETS ? Array.from(table.bucket(bucket)).filter(copy => copy.isListed) : []
}

function keysOf(rows: readonly Hash64[]): ReadonlySet<number> {
  return new Set(rows.map(hashKey))
}
