/**
 * What an onlooker outside writes down about a cluster, one JSON object a line: the same from the simulator and from real processes. The checkers read nothing
 * else. `at`: milliseconds on one clock for the whole history. `node`: a name that stays when the process is replaced; `incarnation`: a text of its own for each
 * process.
 */
export type HistoryEvent =
  | RunBegan
  | ProcessEvent
  | FaultEvent
  | PhaseEvent
  | RequestEvent
  | ResponseEvent
  | SessionLifecycleEvent
  | ViewEvent
  | CopiesEvent
  | LoadEvent
  | TroubleEvent
  | CountersEvent

interface At {
  readonly at: number
}

interface OfProcess extends At {
  readonly node: string
  readonly incarnation: string
}

/** The first line. */
export interface RunBegan extends At {
  readonly kind: 'run'
  /** Which schedule, so that whoever finds a violation can run it again. */
  readonly seed: number
  readonly nodes: readonly string[]
  /** How many members hold each session; all of them when absent. */
  readonly copies?: number
  /** The idle limit of sessions, ms; Infinity is written as null. */
  readonly idleLimitMs: number | null
  /** How long a process that has ended a session remembers it by a certificate, ms; nobody says when absent. */
  readonly retentionMs?: number
  /** How many of these it keeps at most, where it may have to forget one before its time. */
  readonly maxDeathCertificates?: number
  /** Beyond these something has grown without bound. */
  readonly bounds: Readonly<Record<string, number>>
  /** How long a request may take at most, ms. */
  readonly maxWaitMs: number
}

/** `start`: the process exists. `ready`: it serves. `stopping`: it is told to end. `stop`: it said goodbye. `kill` / `off`: it did not. `stall`: its event loop was held up. */
export interface ProcessEvent extends OfProcess {
  readonly kind: 'process'
  readonly what:
    | 'start'
    | 'ready'
    | 'stopping'
    | 'stop'
    | 'kill'
    | 'off'
    | 'pause'
    | 'resume'
    | 'stall'
    | 'new-incarnation'
  /** Of an end: the sessions of which this process had something that no other process had then, where an onlooker can know it. */
  readonly tookAlong?: readonly string[]
  /** Of one that falls silent: when the last of what it had sent arrives, where an onlooker can know it. On a slow network that is seconds later. */
  readonly lastWordsAt?: number | undefined
}

/** A fault began or ended. `fault`: its class in the catalogue, such as `F23`. */
export interface FaultEvent extends At {
  readonly kind: 'fault'
  readonly fault: string
  readonly what: string
  readonly isOver?: boolean
  /** Nothing passes from the first node of each pair to the second, where an onlooker can know it. */
  readonly cuts?: readonly (readonly [string, string])[]
  /** The interfaces of these nodes are down: what others say to them meanwhile they do not hear. */
  readonly offline?: readonly string[]
  /** Nothing passes any more on the connections that these nodes have at its beginning, and nobody is told. */
  readonly silenced?: readonly string[]
  /** The connections between these are reset. */
  readonly resets?: readonly (readonly [string, string])[]
  /** Everything is slow: what kernels and cable hold of one connection takes so long to arrive meanwhile, ms. */
  readonly backlogMs?: number
}

/** `faults`: anything may fail. `healed`: nothing fails any more. `settled`: convergence is owed from here on. */
export interface PhaseEvent extends At {
  readonly kind: 'phase'
  readonly phase: 'faults' | 'healed' | 'settled'
}

export interface RequestEvent extends At {
  readonly kind: 'request'
  readonly request: number
  /** A browser: requests of one client may overlap. */
  readonly client: string
  readonly node: string
  /** The id its cookie names. */
  readonly session?: string | undefined
  /** The request whose answer set this cookie: what the cookie says was seen then. Browsers that share a cookie, and answers that overtake each other, are told apart by it. */
  readonly cookieFrom?: number | undefined
}

/** What a client wrote under a name. Every written value is a number of its own; `base` is the one that the request had read there (null: nothing). */
export interface WrittenValue {
  readonly name: string
  /** null: removed. */
  readonly version: number | null
  readonly base: number | null
  /** When the head of the answer was out, and with it the cookie: that does not know of it. */
  readonly isLate?: true
}

export interface ResponseEvent extends At {
  readonly kind: 'response'
  readonly request: number
  /**
   * `ok`: answered with a session. `none`: answered, and there is no such session. `refused`: 503, by policy or for being stale. `failed`: an error of the
   * application's or the cluster's making. `lost`: no answer, because the process or the way to it died.
   */
  readonly outcome: 'ok' | 'none' | 'refused' | 'failed' | 'lost'
  readonly error?: string | undefined
  /** Lost because the client went away and waited for no answer. */
  readonly isAbandoned?: true | undefined
  /** Refused because others had the session to themselves for too long, or because another request was faster. */
  readonly isBusy?: true | undefined
  readonly isStale?: boolean | undefined
  /** The session that the answer's cookie names. */
  readonly session?: string | undefined
  /** True when this request made it. */
  readonly isNew?: boolean | undefined
  /** Each name that was looked at: the version number found, null when absent; a list for a name with a merge function. */
  readonly read?: Readonly<Record<string, number | null | readonly number[]>> | undefined
  readonly wrote?: readonly WrittenValue[] | undefined
  /** The request had its session to itself, from before it read anything. */
  readonly isLocked?: true | undefined
  /** The ids that this request ended: a logout, or the old one of a change of id. */
  readonly ended?: readonly string[] | undefined
  readonly acknowledged?: 'held' | 'degraded' | 'async' | 'nothing' | undefined
  /** The incarnations that held what was written when the answer left, where an onlooker can know it. */
  readonly holders?: readonly string[] | undefined
}

export interface SessionLifecycleEvent extends OfProcess {
  readonly kind: 'session'
  readonly event: 'created' | 'destroyed' | 'expired' | 'id-changed' | 'conflict'
  readonly session: string
  /** This process's application did it. */
  readonly isLocal: boolean
  readonly oldSession?: string
  /** Of a conflict: the name, and the two values. */
  readonly name?: string
  readonly kept?: number | null
  readonly dropped?: number | null
}

/** The members this process believes in, itself not among them, by name. */
export interface ViewEvent extends OfProcess {
  readonly kind: 'view'
  readonly members: readonly string[]
}

/** Everything a process holds, at the end. `state`: a hash of the copy's canonical bytes. `values`: as in `read`. */
export interface CopiesEvent extends OfProcess {
  readonly kind: 'copies'
  readonly digest: string
  readonly sessions: Readonly<Record<string, CopyEvent>>
}

/** What stands in a copy for attributes that are gone, each for a while. */
export interface Removals {
  /** By name, as they are stored: their stamps. */
  readonly stamps: Readonly<Record<string, number>>
  /** The greatest stamp of one that has been forgotten; 0: none has. */
  readonly floor: number
  /** `state` without all that. */
  readonly rest: string
}

export interface CopyEvent {
  readonly standing: 'live' | 'dead'
  readonly state: string
  /** A certificate that is only kept in case that its session comes back, and is not compared with the others any more. */
  readonly isUnlisted?: boolean
  /** Commits are known to be missing. */
  readonly hasGap?: boolean
  /** Of a copy that has removals, or has forgotten some. */
  readonly removals?: Removals
  readonly values?: Readonly<Record<string, number | null | readonly number[]>>
  /** For how long its session has been idle, as far as this process knows, ms. */
  readonly idleMs?: number
}

/** Sizes at a moment, by the names in `bounds`: queued bytes, timers, sockets, open questions, tombstones, … */
export interface LoadEvent extends OfProcess {
  readonly kind: 'load'
  readonly figures: Readonly<Record<string, number>>
}

/**
 * Something that must not be: an uncaught error, a line logged as error, an event loop that was held up by the cluster's own work; `promise-broken`: what whoever
 * looked on at the spot saw go otherwise than `what` says it should.
 */
export interface TroubleEvent extends OfProcess {
  readonly kind: 'trouble'
  readonly trouble: 'uncaught' | 'logged-error' | 'loop-delay' | 'listener-threw' | 'promise-broken'
  readonly what: string
  readonly ms?: number
}

/** How often each state of interest was reached in this process, at its end or at the end of the run: conflicts merged, pulls served, … */
export interface CountersEvent extends OfProcess {
  readonly kind: 'counters'
  readonly counters: Readonly<Record<string, number>>
}
