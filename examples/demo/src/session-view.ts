/** What the app answers to every request: the session, and who answered. */
export interface SessionView {
  readonly node: string
  readonly id: string
  /** Epoch milliseconds. */
  readonly createdAt: number
  readonly count: number
  /** Item → quantity. */
  readonly cart: Readonly<Record<string, number>>
  /** The node could not get at the latest copy in time, and says so. */
  readonly stale: boolean
}
