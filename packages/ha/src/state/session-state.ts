import { type DeadState, deathOf, earlierDeath } from './death.js'
import {
  compareEntries,
  type Entry,
  hasSeen,
  isMerged,
  sameDot,
  winner,
  withCommonContext,
  withContext,
  withTold,
} from './entry.js'
import type { Stamp } from './hybrid-clock.js'
import {
  advanced,
  counterOf,
  covers,
  emptyVector,
  joinedUnlessCovered,
  joinVectors,
  type VersionVector,
} from './version-vector.js'

/**
 * What a session is: a join-semilattice. `LiveState < DeadState`; two live states join name by name (see `winner`).
 * All functions of this file are pure: no clock, no I/O, arguments are never changed.
 */
export type SessionState = LiveState | DeadState

export interface LiveState {
  readonly kind: 'live'
  /** Sorted by name, each name once; a merged name once for each writer that nobody has taken in yet. */
  readonly entries: readonly Entry[]
  /** For each writer, how many of its commits are included, without a gap. */
  readonly vector: VersionVector
  /** Commits that are known to exist and are not all included yet. Normally empty. */
  readonly needed: VersionVector
  /**
   * The greatest stamp of a removal that has been forgotten, if any. What is written next is stamped above it: who has forgotten a removal has seen it, and others may
   * have it still.
   */
  readonly floor?: Stamp
}

/** One commit of one writer. `entries` all carry the dot (actor, counter). */
export interface Delta {
  readonly actor: string
  /** Under which of its names the writer made it; 0: its incarnation itself. See `aliasOf`. */
  readonly alias: number
  readonly counter: number
  /** What the writer had seen before this commit. */
  readonly context: VersionVector
  /** One carries a context of its own if of its name less had been seen, or more. */
  readonly entries: readonly Entry[]
}

/** An entry that a join put in the place of another. */
export interface EntryChange {
  readonly before: Entry | undefined
  readonly after: Entry
}

/** Two writes of one name that had not seen each other. */
export interface Conflict {
  readonly kept: Entry
  readonly dropped: Entry
}

export interface Joined {
  readonly state: SessionState
  readonly changes: readonly EntryChange[]
  readonly conflicts: readonly Conflict[]
}

export const emptyState: LiveState = { kind: 'live', entries: [], vector: emptyVector, needed: emptyVector }

/** Whether nothing is known to be missing. */
export function isWhole(state: LiveState): boolean {
  return state.needed.length === 0
}

/**
 * Commits that are here, or were made before something that is here: of a copy with gaps more than it includes, because entries are taken at once.
 * So it is what a reader of this copy may have seen.
 */
export function heardOf(state: LiveState): VersionVector {
  return isWhole(state) ? state.vector : joinVectors(state.vector, state.needed)
}

/** The one entry of a name; of a merged name the first. */
export function entryOf(state: LiveState, name: string): Entry | undefined {
  const found = state.entries[placeOf(state, name)]
  return found?.name === name ? found : undefined
}

/** All entries of a name: several only if it is a merged one. */
export function entriesOf(state: LiveState, name: string): readonly Entry[] {
  const from = placeOf(state, name)
  let to = from
  while (state.entries[to]?.name === name) to++
  return state.entries.slice(from, to)
}

/** Found by bisection: a request may touch every one of a thousand attributes. */
function placeOf(state: LiveState, name: string): number {
  let low = 0
  let high = state.entries.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (state.entries[middle]!.name < name) low = middle + 1
    else high = middle
  }
  return low
}

/** The join of two whole states. */
export function joinStates(mine: SessionState, theirs: SessionState): Joined {
  if (mine.kind === 'dead')
    return nothingChanged(theirs.kind === 'dead' ? earlierDeath(mine, theirs) : deathOf(theirs, mine))
  if (theirs.kind === 'dead') return nothingChanged(deathOf(mine, theirs))
  const merged = joinEntries(sideOf(mine), sideOf(theirs))
  const { changes, conflicts } = merged
  const vector = joinVectors(mine.vector, theirs.vector)
  const needed = stillNeeded(joinVectors(mine.needed, theirs.needed), vector)
  const floor = Math.max(floorOf(mine), floorOf(theirs))
  return { state: withFloor({ kind: 'live', entries: merged.entries, vector, needed }, floor), changes, conflicts }
}

/**
 * The join of a state and one commit. Its entries are taken in any case. The vector only advances when the commit is the writer's next one:
 * what lies between, and what the writer had seen and this copy has not, becomes `needed`.
 */
export function joinDelta(mine: SessionState, delta: Delta): Joined {
  if (mine.kind === 'dead') return nothingChanged(mine)
  const theirs = { entries: entriesOver(mine, withoutLate(mine, delta)), heard: heardOver(delta), seen: emptyVector }
  const merged = joinEntries(sideOf(withoutTakenIn(mine, delta)), theirs)
  const isNext = counterOf(mine.vector, delta.actor) >= delta.counter - 1
  const vector = isNext ? advanced(mine.vector, delta.actor, delta.counter) : mine.vector
  const mentioned = advanced(joinVectors(mine.needed, delta.context), delta.actor, delta.counter)
  const needed = stillNeeded(mentioned, vector)
  return {
    state: withFloor({ kind: 'live', entries: merged.entries, vector, needed }, floorOf(mine)),
    changes: merged.changes,
    conflicts: merged.conflicts,
  }
}

/** What a commit writes under a merged name takes in all that its writer had seen under it. */
function withoutTakenIn(mine: LiveState, { context, entries }: Delta): LiveState {
  const names = entries.filter(e => isMerged(e.name)).map(e => e.name)
  if (names.length === 0) return mine
  return { ...mine, entries: mine.entries.filter(e => !(names.includes(e.name) && hasSeen(context, e))) }
}

/** What comes late under a merged name, after somebody's commit that had taken it in, and has come over a gap. */
function withoutLate(mine: LiveState, delta: Delta): Delta {
  if (isWhole(mine) || !delta.entries.some(e => isMerged(e.name))) return delta
  const isTakenIn = (late: Entry) =>
    entriesOf(mine, late.name).some(({ context }) => context !== undefined && hasSeen(context, late))
  return { ...delta, entries: delta.entries.filter(e => !isMerged(e.name) || !isTakenIn(e)) }
}

/** A commit on top of a state: the new state, and what to tell the others. `values`: name → encoded value, or undefined for a removal. */
export function commitTo(
  state: LiveState,
  actor: string,
  stamp: Stamp,
  values: ReadonlyMap<string, Uint8Array | undefined>,
  alias = 0,
): { state: LiveState; delta: Delta } {
  const names = [...values.keys()].sort()
  const seenOf = names.map(name => seenUnder(state, name))
  const seenInAll = seenOf.reduce(joinedUnlessCovered, state.vector)
  const seen = isWhole(state) || names.some(isMerged) ? state.vector : seenInAll
  const counter = Math.max(counterOf(heardOf(state), actor), counterOf(seenInAll, actor)) + 1
  const after = (vector: VersionVector) => (counter > 1 ? advanced(vector, actor, counter - 1) : vector)
  const context = after(seen)
  const entries = names.map((name, i) => {
    const entry = { name, actor, counter, stamp, value: values.get(name) }
    const own = seenOf[i] === seen ? context : after(seenOf[i]!)
    const isUsual = own === context || (covers(own, context) && covers(context, own))
    return isUsual ? entry : withContext(entry, own)
  })
  const delta = { actor, alias, counter, context, entries }
  return { state: joinDelta(state, delta).state as LiveState, delta }
}

/**
 * What a writer has seen of a name: what its copy includes, and the very entry it replaces, which may be there without its predecessors; they may be missing for good. Not all
 * that it has heard of: of that it has not seen the entries. Of a merged value even less: what it takes in, it must include. What the writer of a replaced entry had seen counts
 * for that entry's name alone: under another name this copy may lack it. Nor does a copy that has stopped waiting for it, or whose commit is to take in merged values,
 * say it of the whole commit.
 */
function seenUnder(state: LiveState, name: string): VersionVector {
  const { vector } = state
  const replaced = isMerged(name) ? undefined : entryOf(state, name)
  if (!replaced) return vector
  const seen = joinedUnlessCovered(vector, replaced.context ?? emptyVector)
  return hasSeen(seen, replaced) ? seen : advanced(seen, replaced.actor, replaced.counter)
}

/** The greatest stamp among the entries that a commit of these names would replace, and the removals that it would have replaced. */
export function greatestStamp(state: LiveState, names: Iterable<string>): Stamp {
  let greatest = floorOf(state)
  for (const name of names) for (const { stamp } of entriesOf(state, name)) greatest = Math.max(greatest, stamp)
  return greatest
}

/**
 * The state without the removals stamped up to `until`. The vector remembers them: what was removed is not let in again by whoever still has it. A state with
 * gaps keeps them, for its vector does not cover all that was removed.
 */
export function withoutRemovals(state: LiveState, until: Stamp): LiveState {
  if (!isWhole(state)) return state
  const isForgotten = (e: Entry) => e.value === undefined && e.stamp <= until && hasSeen(state.vector, e)
  const forgotten = state.entries.filter(isForgotten)
  if (forgotten.length === 0) return state
  const floor = forgotten.reduce((greatest, e) => Math.max(greatest, e.stamp), floorOf(state))
  return withFloor({ ...state, entries: state.entries.filter(e => !isForgotten(e)) }, floor)
}

/** Of a session that keeps more removals than this the older half goes before its time: they would outgrow a message, and every commit looks at them. */
export const MOST_REMOVALS = 1_000

/** Up to which stamp its removals are to go, if it keeps too many. */
export function crowdedUntil({ entries }: LiveState): Stamp {
  const stamps = entries.filter(({ value }) => value === undefined).map(({ stamp }) => stamp)
  if (stamps.length <= MOST_REMOVALS) return 0
  return stamps.sort((a, b) => a - b)[stamps.length - MOST_REMOVALS / 2 - 1]!
}

export function floorOf({ floor = 0 }: LiveState): Stamp {
  return floor
}

/** None is left out, so that equal states are equal values. */
export function withFloor(state: LiveState, floor: Stamp): LiveState {
  return floor === 0 ? state : { ...state, floor }
}

/**
 * The state without the writers that are `gone`, other than those of which it holds an entry: they write no more, and what they wrote is superseded. Nor is it of use that the
 * writer of an entry had seen them.
 */
export function withoutWriters(state: LiveState, isGone: (actor: string) => boolean): LiveState {
  if (!isWhole(state)) return state
  const present = new Set(state.entries.map(e => e.actor))
  const kept = (vector: VersionVector) => vector.filter(({ actor }) => present.has(actor) || !isGone(actor))
  const vector = kept(state.vector)
  if (vector.length === state.vector.length) return state
  return { ...state, vector, entries: state.entries.map(e => (e.context ? withContext(e, kept(e.context)) : e)) }
}

/** The state without its open questions: what is still needed cannot be had from anybody who lives. */
export function forgiven(state: LiveState): LiveState {
  return { ...state, needed: emptyVector }
}

/** The state without those of its open questions that have been given up. */
export function withoutNeeded(state: SessionState, givenUp: VersionVector): SessionState {
  if (state.kind === 'dead' || givenUp.length === 0 || isWhole(state)) return state
  return { ...state, needed: stillNeeded(state.needed, givenUp) }
}

export function nothingChanged(state: SessionState): Joined {
  return { state, changes: [], conflicts: [] }
}

function stillNeeded(needed: VersionVector, vector: VersionVector): VersionVector {
  return covers(vector, needed) ? emptyVector : needed.filter(dot => counterOf(vector, dot.actor) < dot.counter)
}

interface MergedEntries extends Pick<Joined, 'changes' | 'conflicts'> {
  readonly entries: readonly Entry[]
}

/** One of two sides that are joined. */
interface Side {
  readonly entries: readonly Entry[]
  /** What the writer of one of its entries had seen, as far as the entry does not say it itself: tells a superseding write from a concurrent one. */
  readonly heard: (entry: Entry) => VersionVector
  /** Commits that are included for certain: an entry of theirs that is not among `entries` is gone. */
  readonly seen: VersionVector
}

function sideOf({ entries, vector }: LiveState): Side {
  return { entries, heard: () => vector, seen: vector }
}

/**
 * A merge of two lists sorted by name. What only one side has stays, unless the other has seen the commit that wrote it: then it was removed there, and the
 * removal itself is forgotten (see `withoutRemovals`).
 */
function joinEntries({ entries: mine, heard: mySeen, seen: mySure }: Side, theirSide: Side): MergedEntries {
  const { entries: theirs, heard: theirSeen, seen: theirSure } = theirSide
  const entries: Entry[] = []
  const changes: EntryChange[] = []
  const conflicts: Conflict[] = []
  let i = 0
  let j = 0
  while (i < mine.length || j < theirs.length) {
    const a = mine[i]
    const b = theirs[j]
    const order = a && b ? compareEntries(a, b) : 0
    if (!b || order < 0) {
      if (!hasSeen(theirSure, a!)) entries.push(a!)
      else if (a!.value) changes.push({ before: a, after: { ...a!, value: undefined } })
      i++
    } else if (!a || order > 0) {
      if (!hasSeen(mySure, b)) {
        entries.push(b)
        changes.push({ before: undefined, after: b })
      }
      j++
    } else {
      const kept = winner(a, b)
      const dropped = kept === a ? b : a
      const isConflict = !sameDot(a, b) && isUnseen(dropped, kept, kept === a ? mySeen(a) : theirSeen(b))
      entries.push(isConflict ? withTold(kept, dropped) : withCommonContext(kept, dropped))
      if (kept === b && !sameDot(a, b)) changes.push({ before: a, after: b })
      if (isConflict) conflicts.push({ kept, dropped })
      i++
      j++
    }
  }
  return { entries, changes, conflicts }
}

/** The entries of a delta that arrives before something that its writer had seen keep the context with them. */
function entriesOver(mine: LiveState, { entries, context }: Delta): readonly Entry[] {
  return covers(mine.vector, context) ? entries : entries.map(entry => withContext(entry, entry.context ?? context))
}

function heardOver({ context }: Delta): Side['heard'] {
  return entry => entry.context ?? context
}

/** Whether `dropped` was written without `kept`'s writer having seen it. One writer's commits follow each other, in whatever order they arrive. */
function isUnseen(dropped: Entry, kept: Entry, keeperSeen: VersionVector): boolean {
  if (dropped.actor === kept.actor || hasSeen(keeperSeen, dropped)) return false
  return !(kept.context && hasSeen(kept.context, dropped)) && !(kept.told && hasSeen(kept.told, dropped))
}
