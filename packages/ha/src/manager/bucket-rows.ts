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

/** The copies in the listed buckets that are listed, looked up only when they are asked for. `withheld`: called for those that are not given all the same. */
export function copiesIn(
  table: SessionTable,
  lists: readonly BucketRows[],
  clock: { now(): number },
  withheld: (copy: SessionCopy) => void,
) {
  return select(table, lists, clock, (keys, copy) => keys.has(hashKey(copy.hash)), withheld)
}

/** The same, of those that are not listed. */
export function copiesNotIn(
  table: SessionTable,
  lists: readonly BucketRows[],
  clock: { now(): number },
  withheld: (copy: SessionCopy) => void,
) {
  return select(table, lists, clock, (keys, copy) => !keys.has(hashKey(copy.hash)), withheld)
}

/** What is well past its time is not worth sending: the other side drops it too, or has dropped it already. */
function* select(
  table: SessionTable,
  lists: readonly BucketRows[],
  clock: { now(): number },
  isChosen: (keys: ReadonlySet<number>, copy: SessionCopy) => boolean,
  withheld: (copy: SessionCopy) => void,
): Generator<SessionCopy> {
  for (const { bucket, rows } of lists) {
    const keys = keysOf(rows)
    for (const copy of copiesOf(table, bucket)) {
      if (!isChosen(keys, copy)) continue
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
