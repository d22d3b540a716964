/** A session as handlers have it: attributes are its properties. */
export interface FaceSession {
  [attribute: string]: unknown
}

/** What a handler may do with the session of its request, in whatever way the framework has it. `connectVisit` makes one of whatever is like express-session. */
export interface FaceVisit {
  /** As it is now: another after `regenerate`, none after `destroy`. The first look may make one. */
  readonly session: () => FaceSession | null | undefined
  readonly id: () => string | undefined
  readonly regenerate: () => Promise<void>
  readonly destroy: () => Promise<void>
  readonly save: () => Promise<void>
  readonly reload: () => Promise<void>
  /** `req.session = null`. */
  readonly unset: () => void
}

/** What a handler answers, for each framework to send in its own way. */
export type FaceAnswer =
  | { readonly kind: 'json'; readonly json: unknown; readonly status?: number; readonly setCookie?: string }
  | { readonly kind: 'redirect'; readonly to: string }
  /** Without a body, with status 204. */
  | { readonly kind: 'empty' }
  /** The headers leave with the first part at the latest, and each part when it is there. */
  | { readonly kind: 'stream'; readonly parts: AsyncIterable<string> }

/** The application: every request to whatever path, `url` being path and query. What it throws is answered with 500. */
export type FaceApplication = (url: string, visit: FaceVisit) => Promise<FaceAnswer>

/** How the sessions of one case are to behave: the options of express-session with these names. */
export interface FaceSettings {
  readonly rolling: boolean
  readonly saveUninitialized: boolean
  readonly unset: 'destroy' | 'keep'
  /** `cookie.maxAge`, milliseconds; null: as long as the browser is open. */
  readonly maxAge: number | null
}

/** Servers of one application, listening. */
export interface FaceUnderTest {
  /** One for each node, e.g. `http://127.0.0.1:3000`; each request goes to any of them. */
  readonly urls: readonly string[]
  /** The name of the session cookie. */
  readonly cookieName: string
  /** True: behind its last dot the cookie names the node that answered, for balancers; nobody has to believe that, and it changes with the node. */
  readonly hasRoute?: boolean
  /** Resolves when every node has what the others have. Without it nothing is waited for. */
  readonly settled?: () => Promise<void>
  /** Lets so many milliseconds pass for the sessions. Without it they really pass. */
  readonly advance?: (ms: number) => Promise<void>
  readonly stop: () => Promise<void>
}

/** Starts the application behind the middleware that is to be tried. */
export type StartFace = (app: FaceApplication, settings: FaceSettings) => Promise<FaceUnderTest>
