import type { Dice } from '../faults/dice.js'
import { type ClientOptions, LONGEST_LOCKED_MS, TICKET } from './client-options.js'

/** `touch`: a page that does not look at its session. `take`: removes the ticket. `remove`: removes what may be written again. */
export type ErrandKind = 'touch' | 'read' | 'write' | 'take' | 'remove' | 'logout' | 'rename' | 'regenerate'

/** Kinds whose page leaves something behind for others. */
export const CHANGES: ReadonlySet<ErrandKind> = new Set(['write', 'take', 'remove', 'logout', 'rename', 'regenerate'])

/** What a client wants of a page. */
export interface Errand {
  readonly kind: ErrandKind
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  readonly removes: readonly string[]
  /** Whether it looks at the tags, and adds one. */
  readonly looksAtTags: boolean
  readonly addsTag: boolean
  /** Whether it saves what it has written before it writes the last of it. */
  readonly savesBetween: boolean
  /** Whether it has its session to itself from before it reads. */
  readonly locks: boolean
  /** Whether the head of its answer is out before it writes. */
  readonly sendsHead: boolean
  /** Whether its client goes away before it has answered. */
  readonly isAbandoned: boolean
  /** How long the page works before it writes and answers, ms. */
  readonly holdMs: number
  /** Whether the page begins a new session when the client's is not found. */
  readonly startsAnew: boolean
}

const MOST_WRITES = 2
/** So many of those who lock do it for longer than a moment. */
const LONG_LOCKED = 0.3
/** Shorter and longer than a lease. */
const LOCKED_MS = { min: 1, max: LONGEST_LOCKED_MS }
const ONLY_WRITES = { touch: 0, read: 0, write: 1, take: 0, remove: 0, logout: 0, rename: 0, regenerate: 0 }

export function drawErrand(dice: Dice, options: ClientOptions): Errand {
  const { names, mix, longShare, longMsMax, saveShare, headShare, leaveShare, lockShare } = options
  const kind = dice.weighted(mix)
  const locks = kind === 'write' && lockShare > 0 && dice.chance(lockShare)
  const writes = kind === 'write' || kind === 'regenerate' ? dice.sample(names, dice.whole(1, MOST_WRITES)) : []
  const all = [...names, TICKET]
  return {
    kind,
    writes,
    removes: kind === 'remove' ? [dice.pick(names)] : [],
    looksAtTags: options.hasTags && dice.chance(0.5),
    addsTag: options.hasTags && kind === 'write' && dice.chance(0.4),
    reads: dice.chance(0.5) ? all : dice.sample(all, dice.whole(0, 2)),
    holdMs: dice.chance(locks ? LONG_LOCKED : longShare)
      ? dice.within(locks ? LOCKED_MS : { min: 1, max: longMsMax })
      : 0,
    locks,
    startsAnew: dice.chance(options.freshStartShare),
    savesBetween: saveShare > 0 && dice.chance(saveShare),
    sendsHead: headShare > 0 && dice.chance(headShare),
    isAbandoned: leaveShare > 0 && dice.chance(leaveShare),
  }
}

/** Looks at everything and changes nothing. */
export function lookOnly(options: ClientOptions): Errand {
  const { names, hasTags } = options
  const changes = { writes: [], removes: [], addsTag: false, startsAnew: false }
  const is = { locks: false, savesBetween: false, sendsHead: false, isAbandoned: false }
  return { kind: 'read', reads: [...names, TICKET], looksAtTags: hasTags, holdMs: 0, ...changes, ...is }
}

/** Sends a form again from a page of the past: changes the session that it finds, and begins none. */
export function formAgain(dice: Dice, options: ClientOptions): Errand {
  return drawErrand(dice, { ...options, mix: ONLY_WRITES, freshStartShare: 0 })
}
