import { type ByteReader, type ByteWriter, MalformedError } from '@clowder/tribes'
import type { Stamp } from './hybrid-clock.js'
import type { VersionVector } from './version-vector.js'

/** How many bytes of an incarnation name it in a token: enough to tell the few writers of one session apart. */
export const ACTOR_PREFIX = 8
/** In a token: no entry has this stamp. What follows is longer by its beginning, or, where this comes a second time, by its last use. */
const LONGER = 0
/** A write depends on all its writer had seen, so the latest few writers mostly stand for all before them. */
export const MAX_TOKEN_DOTS = 8
/** So many of a copy's latest writers are named in any case, also beside what a client has seen and the copy lacks. */
export const RECENT_DOTS = 4

/** Something old in a session, by which an id that has ended is recognized however long it was used elsewhere after its end. */
export interface Beginning {
  /** Each has written in it, up to this stamp; the first eight bytes of incarnations, as latin1 text. */
  readonly actors: readonly string[]
  readonly stamp: Stamp
}

/** What a client has seen of its session: carried in its signed cookie. */
export interface VersionToken {
  /** At most MAX_TOKEN_DOTS; `actor` is the first eight bytes of an incarnation, as latin1 text. */
  readonly dots: readonly { readonly actor: string; readonly counter: number }[]
  /** Of the newest entry that was there: tells an id that may have been forgotten since (see docs/design/0004). */
  readonly stamp: Stamp
  /** Absent where nobody knew it: of a copy that had come in parts; and in cookies of former versions. */
  readonly beginning?: Beginning
  /**
   * When it was used last, epoch ms by the clock of who answered: only where its client was served without all that it had seen, and somebody is out who may have that.
   * Reading alone keeps a session alive over there, and writes nothing that would be newer than `stamp`.
   */
  readonly usedMs?: number
}

export const emptyToken: VersionToken = { dots: [], stamp: 0 }

/** `recency` orders the writers, latest first; it matters, and is called, only when there are more than fit. */
export function tokenOf(vector: VersionVector, stamp: Stamp, recency: () => (actor: string) => number): VersionToken {
  const dots = vector.length <= RECENT_DOTS ? vector : latestFirst(vector, recency())
  return {
    stamp,
    dots: dots.slice(0, MAX_TOKEN_DOTS).map(d => ({ actor: actorPrefix(d.actor), counter: d.counter })),
  }
}

function latestFirst(vector: VersionVector, recent: (actor: string) => number): VersionVector {
  return [...vector].sort((a, b) => recent(b.actor) - recent(a.actor))
}

/** `token`, and what of `seen` neither it nor a copy with this vector includes: a client served by an older copy does not forget what it has seen. */
export function withUncovered(token: VersionToken, seen: VersionToken, vector: VersionVector): VersionToken {
  const uncovered = seen.dots.filter(dot => !coversDot(vector, dot) && !coversDot(token.dots, dot))
  // Of a copy that has come in parts the beginning may be missing, although all that was seen is known of.
  if (uncovered.length === 0) return token.beginning ? token : withBeginning(token, seen.beginning)
  const stamp = Math.max(token.stamp, seen.stamp)
  const actors = new Set(uncovered.map(dot => dot.actor))
  const others = token.dots.filter(dot => !actors.has(dot.actor))
  const kept = others.slice(0, Math.max(RECENT_DOTS, MAX_TOKEN_DOTS - uncovered.length))
  const dots = [...uncovered.slice(0, MAX_TOKEN_DOTS - kept.length), ...kept]
  return withBeginning({ ...token, stamp, dots }, seen.beginning)
}

/** The same, recognized by whichever begins earlier. */
export function withBeginning(token: VersionToken, beginning: Beginning | undefined): VersionToken {
  if (!beginning || (token.beginning && token.beginning.stamp <= beginning.stamp)) return token
  return { ...token, beginning }
}

/** The first bytes of an incarnation: as it is named outside the session itself. */
export function actorPrefix(actor: string): string {
  return actor.slice(0, ACTOR_PREFIX)
}

/** Whether a copy with this vector includes everything the token names. */
export function coversToken(vector: VersionVector, token: VersionToken): boolean {
  return token.dots.every(dot => coversDot(vector, dot))
}

function coversDot(known: VersionToken['dots'], seen: VersionToken['dots'][number]): boolean {
  return known.some(dot => dot.counter >= seen.counter && dot.actor.startsWith(seen.actor))
}

export function writeToken(out: ByteWriter, token: VersionToken): void {
  if (token.dots.length === 0) return
  if (token.usedMs !== undefined) out.varint(LONGER).varint(LONGER).varint(token.usedMs)
  if (token.beginning) writeBeginning(out.varint(LONGER), token.beginning)
  out.varint(token.stamp)
  for (const dot of token.dots) out.latin1(dot.actor).varint(dot.counter)
}

function writeBeginning(out: ByteWriter, { stamp, actors }: Beginning): void {
  out.varint(stamp).varint(actors.length)
  for (const actor of actors) out.latin1(actor)
}

/** Reads to the end of `input`. */
export function readToken(input: ByteReader): VersionToken {
  if (input.remaining === 0) return emptyToken
  const first = input.varint()
  if (first !== LONGER) return readFrom(first, input)
  const second = input.varint()
  if (second !== LONGER) return readBegun(second, input)
  const usedMs = input.varint()
  const third = input.varint()
  const used = third === LONGER ? readBegun(input.varint(), input) : readFrom(third, input)
  return { ...used, usedMs }
}

function readBegun(begunAt: Stamp, input: ByteReader): VersionToken {
  const beginning = readBeginning(begunAt, input)
  const { dots, stamp } = readFrom(input.varint(), input)
  return { dots, stamp, beginning }
}

function readFrom(stamp: Stamp, input: ByteReader): VersionToken {
  return { dots: readDots(input), stamp }
}

function readBeginning(stamp: Stamp, input: ByteReader): Beginning {
  const count = input.varint()
  if (count > MAX_TOKEN_DOTS) throw new MalformedError('a version token begins with too many writers')
  return { actors: Array.from({ length: count }, () => readActor(input)), stamp }
}

function readDots(input: ByteReader): VersionToken['dots'] {
  const dots: { actor: string; counter: number }[] = []
  while (input.remaining > 0) {
    if (dots.length === MAX_TOKEN_DOTS) throw new MalformedError('a version token names too many writers')
    dots.push({ actor: readActor(input), counter: input.varint() })
  }
  if (dots.length === 0) throw new MalformedError('a version token names no writer')
  return dots
}

function readActor(input: ByteReader): string {
  return input.raw(ACTOR_PREFIX).toString('latin1')
}
