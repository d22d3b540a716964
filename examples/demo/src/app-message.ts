/** What a node knows of its cluster. */
export interface ClusterView {
  /** Names of the other members. */
  readonly members: readonly string[]
  readonly sessions: number
  /** The same on all nodes that hold the same. */
  readonly digest: string
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** What an app process tells the supervisor. */
export type AppMessage =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'log'; readonly level: LogLevel; readonly text: string }
  | { readonly kind: 'memberAdded' | 'memberDisappeared'; readonly member: string }
  | { readonly kind: 'view'; readonly view: ClusterView }

/** What the supervisor tells an app process. */
export interface AppOrder {
  readonly kind: 'cut' | 'reconnect'
}
