import { FaceMisusedError } from '../errors.js'

/*
 * Frameworks take any function for a middleware, also the one that only makes it. What came of that would be an error that names nobody's mistake, or a request without end,
 * so each face looks at how it was called.
 */

const EXPRESS = 'app.use(cluster.express())'
const NODE_HTTP = 'http.createServer(cluster.nodeHttp((req, res) => …))'

/** Throws FaceMisusedError. `isCluster`: whether it was called as a method. */
export function assertExpressCall(isCluster: boolean, options?: unknown): void {
  if (!isCluster || isRequest(options))
    throw new FaceMisusedError('cluster.express is not the middleware, it makes one', EXPRESS)
}

/** Throws FaceMisusedError. */
export function assertNodeHttpCall(isCluster: boolean, handler: unknown): void {
  if (!isCluster || isRequest(handler))
    throw new FaceMisusedError('cluster.nodeHttp is not the listener, it makes one', NODE_HTTP)
  if (typeof handler !== 'function')
    throw new FaceMisusedError('cluster.nodeHttp was given no handler to stand in front of', NODE_HTTP)
}

/** Of the faces that are given a cluster. Another copy of this package may have made it. Throws FaceMisusedError. */
export function assertCluster(given: unknown, example: string): void {
  if (typeof (given as { valve?: unknown } | null | undefined)?.valve === 'function') return
  const problem = given instanceof Promise ? 'createCluster has not resolved yet' : 'no cluster was given'
  throw new FaceMisusedError(
    problem,
    given instanceof Promise ? `const cluster = await createCluster(), and ${example}` : example,
  )
}

/** What Next calls a cookie store. Throws FaceMisusedError. */
export function assertCookies(given: unknown, example: string): void {
  if (typeof (given as { get?: unknown } | null | undefined)?.get === 'function') return
  throw new FaceMisusedError(given instanceof Promise ? 'cookies() was not awaited' : 'no cookies were given', example)
}

function isRequest(given: unknown): boolean {
  return typeof given === 'object' && given !== null && 'headers' in given
}
