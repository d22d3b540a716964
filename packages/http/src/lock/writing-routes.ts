import type { IncomingMessage } from 'node:http'
import { pathOfRequest } from '../valve/request-filter.js'

/** What is known of one route. */
export interface RouteRecord {
  /** Method and template, e.g. `GET /carts/:id`. */
  readonly route: string
  /** Requests that changed their session. */
  readonly writes: number
  /** Requests since the last of those that did not. */
  readonly readsSince: number
  /** What the next request is taken for. */
  readonly isWriting: boolean
}

/** What a member has found out of a route, for others to hear. */
export interface RouteVerdict {
  readonly route: string
  /** Method and path, with what looks like an id replaced, of a request that ended there. */
  readonly shape: string
  readonly isWriting: boolean
}

interface Route {
  writes: number
  readsSince: number
}

/** So many requests of a route that never wrote must have left their session alone before the next is taken for a reader; of one that has written, so many. */
const READS_TO_TRUST = 3
const READS_TO_TRUST_AGAIN = 100
const MAX_ROUTES = 1_000
const MAX_SHAPES = 10_000
/** What a client asks for may be 16 KiB long: such a path is not learned, and its route taken for a writing one. */
const MAX_CHARACTERS = 256

/** A part of a path that names a thing rather than a kind of thing: a number, a UUID, anything long with a digit in it. */
const NUMBER = /^\d+$/
const LONG_WITH_DIGIT = /^(?=.*\d)[\w.~-]{8,}$/

/**
 * Learns which routes change sessions. A route is the method and express' route path, where that is known, else the path with what looks like an id replaced. When
 * a request comes, only its path is known; which route paths of that shape end up at is remembered from before.
 */
export class WritingRoutes {
  readonly #routes = new Map<string, Route>()
  /** Method and shape → route. */
  readonly #routeOfShape = new Map<string, string>()
  /** Told when a request of this member has changed what its route is taken for. */
  onVerdict: (verdict: RouteVerdict) => void = () => {}

  /** Whether a request of this path must be expected to change its session. What is not known yet, must. */
  isWriting(req: IncomingMessage): boolean {
    const shape = shapeOf(req)
    const route = this.#routes.get(templateOf(req) ?? this.#routeOfShape.get(shape) ?? shape)
    return !route || isWriting(route)
  }

  /** A request is over; `hasWritten`: it has changed its session. */
  completed(req: IncomingMessage, hasWritten: boolean): void {
    const shape = shapeOf(req)
    const name = templateOf(req) ?? shape
    if (name !== shape) remember(this.#routeOfShape, shape, name, MAX_SHAPES)
    const before = this.#routes.get(name)
    const { writes, readsSince } = before ?? { writes: 0, readsSince: 0 }
    const route = hasWritten ? { writes: writes + 1, readsSince: 0 } : { writes, readsSince: readsSince + 1 }
    remember(this.#routes, name, route, MAX_ROUTES)
    // A route of which nothing is known is taken for a writing one.
    if (isWriting(route) !== (!before || isWriting(before)))
      this.onVerdict({ route: name, shape, isWriting: isWriting(route) })
  }

  /**
   * Another member has found this out. That a route writes is believed; that it does not, where this member has not seen it write. Either may be wrong without harm: a needless lock, or one
   * that is taken late.
   */
  hear({ route: name, shape, isWriting: writes }: RouteVerdict): void {
    const known = this.#routes.get(name)
    if (shape !== name && !this.#routeOfShape.has(shape)) remember(this.#routeOfShape, shape, name, MAX_SHAPES)
    if (writes) {
      if (known && !isWriting(known))
        remember(this.#routes, name, { writes: known.writes + 1, readsSince: 0 }, MAX_ROUTES)
    } else if (!known || known.writes === 0) {
      remember(this.#routes, name, { writes: 0, readsSince: READS_TO_TRUST }, MAX_ROUTES)
    }
  }

  /** Of the routes that are not taken for writing ones, which is what a member that has just come would not think. */
  verdicts(): readonly RouteVerdict[] {
    const shapes = new Map(Array.from(this.#routeOfShape, ([shape, name]) => [name, shape]))
    return this.list()
      .filter(({ isWriting }) => !isWriting)
      .map(({ route, isWriting }) => ({ route, shape: shapes.get(route) ?? route, isWriting }))
  }

  /** What has been learned, the route that was asked for last at the end. */
  list(): readonly RouteRecord[] {
    return Array.from(this.#routes, ([name, route]) => ({ route: name, ...route, isWriting: isWriting(route) }))
  }

  /** Forgets what has been learned: every route is taken for a writing one until it has been seen. */
  reset(): void {
    this.#routes.clear()
    this.#routeOfShape.clear()
  }
}

function isWriting({ writes, readsSince }: Route): boolean {
  return readsSince < (writes === 0 ? READS_TO_TRUST : READS_TO_TRUST_AGAIN)
}

/** The one that was not asked for longest is forgotten first. */
function remember<T>(map: Map<string, T>, key: string, value: T, most: number): void {
  if (key.length > MAX_CHARACTERS) return
  map.delete(key)
  map.set(key, value)
  if (map.size <= most) return
  const oldest = map.keys().next()
  if (!oldest.done) map.delete(oldest.value)
}

/** `GET /users/42/cart` → `GET /users/:id/cart`. */
function shapeOf(req: IncomingMessage): string {
  const parts = pathOfRequest(req).split('/')
  return `${req.method} ${parts.map(part => (isId(part) ? ':id' : part)).join('/')}`
}

function isId(part: string): boolean {
  return NUMBER.test(part) || LONG_WITH_DIGIT.test(part)
}

interface RoutedRequest extends IncomingMessage {
  readonly baseUrl?: unknown
  readonly route?: { readonly path?: unknown }
}

/** Express' route, once the request has reached it. */
function templateOf(req: IncomingMessage): string | undefined {
  const { baseUrl, route, method } = req as RoutedRequest
  if (typeof route?.path !== 'string') return undefined
  return `${method} ${typeof baseUrl === 'string' ? baseUrl : ''}${route.path}`
}
