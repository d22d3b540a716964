/** What a store is given and gives: attributes, and the cookie among them. */
export interface StoredData {
  cookie: { originalMaxAge?: number | null; expires?: Date | string | null | false; [field: string]: unknown }
  [attribute: string]: unknown
}

/** A request, as far as a store knows it. */
export interface StoreRequest {
  sessionID: string
  sessionStore: ConformantStore
  session?: object | undefined
}

type Callback<T> = (error: unknown, value?: T) => void

/** The contract of express-session's stores. Those that have no `touch`, `all`, `length` or `clear` do not run what is asked of these. */
export interface ConformantStore {
  get(id: string, callback: Callback<StoredData | null>): unknown
  set(id: string, session: object, callback?: Callback<unknown>): unknown
  destroy(id: string, callback?: Callback<unknown>): unknown
  touch?(id: string, session: object, callback?: Callback<unknown>): unknown
  all?(callback: Callback<unknown>): unknown
  length?(callback: Callback<number>): unknown
  clear?(callback?: Callback<unknown>): unknown
  regenerate?(request: StoreRequest, callback: Callback<unknown>): unknown
  load?(id: string, callback: Callback<object | null>): unknown
  createSession?(request: StoreRequest, data: object): object
  generate?: ((request: StoreRequest) => void) | undefined
  on?(event: string, listener: () => void): unknown
}

/** One or more stores of the same sessions, freshly made and empty. */
export interface StoresUnderTest {
  /** One for each node; each call is made on any of them. */
  readonly stores: readonly ConformantStore[]
  /** Lets so many milliseconds pass for the stores. Without it they really pass. */
  readonly advance?: (ms: number) => Promise<void>
  /** Resolves when every node has what the others have. Without it nothing is waited for. */
  readonly settled?: () => Promise<void>
  readonly stop?: () => Promise<void>
}
