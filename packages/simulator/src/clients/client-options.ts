import type { Range } from '../faults/dice.js'
import type { ErrandKind } from './errand.js'

/** The load of one schedule. */
export interface ClientOptions {
  /** Browsers. */
  readonly count: number
  /** Share of requests that the balancer sends to the node that the cookie names. */
  readonly stickiness: number
  /** Of each browser, on average. */
  readonly requestsPerSecond: number
  /** How many of its requests may be under way at a time. */
  readonly maxParallel: number
  /** Share of moments at which a browser sends two requests at once. */
  readonly burstShare: number
  /** Of such pairs, the share that goes to one node. */
  readonly sameNodeShare: number
  /** Of such pairs, the share that asks for the same thing twice: a double click, in two windows. */
  readonly doubleShare: number
  /** Share of answers that lead to another page at once, as a redirect after a form does. */
  readonly followShare: number
  /** Share of requests that keep their session for a while, and for how long at most, ms. */
  readonly longShare: number
  readonly longMsMax: number
  /** How often each thing is done. */
  readonly mix: Readonly<Record<ErrandKind, number>>
  /** Names of attributes that are written, at most so many at a time. */
  readonly names: readonly string[]
  /** Whether pages use TAGS. */
  readonly hasTags: boolean
  /** Share of clients that begin a new session when theirs is not found. */
  readonly freshStartShare: number
  /** Share of pages that save before their last write: their answers wait for two commits. */
  readonly saveShare: number
  /** Share of the pages that write which have their session to themselves meanwhile. */
  readonly lockShare: number
  /** Share of pages whose answers begin before they write. */
  readonly headShare: number
  /** Share of pages whose clients go away before they are answered. */
  readonly leaveShare: number
  /** Share of requests that are made again, on another node, when they were refused or lost. */
  readonly retryShare: number
  /** Chance per request that another browser is given this one's cookie. */
  readonly shareCookie: number
  /** Chance that a cookie whose session was ended is used again. */
  readonly ghostShare: number
  /** Share of moments at which a browser goes away until its session has been idle for too long, or nearly, and for how long, ms. */
  readonly breakShare: number
  readonly breakMs: Range
  /** Pages that are asked of a node just before it wakes, each time that one was paused or stalled. */
  readonly wakeCalls: number
}

/** A page that has its session to itself takes so long at most, and waits for that so long at most, ms. */
export const LONGEST_LOCKED_MS = 4_000
export const LOCK_PATIENCE_MS = 4_000

/** Has a merge function where a plan has any: a list of versions, of which nobody's is lost. */
export const TAGS = 'tags'

/** Set when a session begins and removed once: must not come back. */
export const TICKET = 'ticket'
