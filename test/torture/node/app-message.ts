/** What an application of the bed tells; `at` is on the host's monotonic clock. */
export type AppMessage = { readonly at: number } /** `createCluster` is about to be called. */ & (
  | { readonly type: 'starting' }
  | { readonly type: 'ready'; readonly members: readonly string[] }
  | { readonly type: 'failed'; readonly code: string; readonly message: string }
  | { readonly type: 'answer'; readonly number: number; readonly value: unknown }
  /** The process was ready to run and did not: the machine had other things to do, or a signal had stopped it. */
  | { readonly type: 'starved'; readonly ms: number }
  | ViewMessage
  | LifecycleMessage
  | TroubleMessage
  | CommitMessage
  | { readonly type: 'acknowledged'; readonly request: number; readonly outcome: 'held' | 'degraded' }
)

export interface ViewMessage {
  readonly type: 'view'
  readonly what: 'added' | 'disappeared'
  readonly member: string
  readonly members: readonly string[]
}

interface LifecycleMessage {
  readonly type: 'session'
  readonly event: 'created' | 'destroyed' | 'expired' | 'id-changed' | 'conflict'
  readonly session: string
  readonly isLocal: boolean
  readonly oldSession?: string
  readonly name?: string
  readonly kept?: number | null
  readonly dropped?: number | null
}

interface TroubleMessage {
  readonly type: 'trouble'
  readonly trouble: 'uncaught' | 'logged-error' | 'loop-delay'
  readonly what: string
  readonly ms?: number
}

/** A request's changes are in this process's copy. */
export interface CommitMessage {
  readonly type: 'commit'
  readonly request: number
  readonly session: string
  readonly wrote: readonly { readonly name: string; readonly version: number | null; readonly base: number | null }[]
  readonly ended: readonly string[]
  /** Somebody else's acknowledgement is waited for. */
  readonly isAwaited: boolean
}
