import type { IncomingMessage } from 'node:http'
import { BadFilterError } from '../errors.js'

/**
 * Requests that never touch a session, told by their path: decoded, without the query, as the client sent it (express' `originalUrl`). A string must match
 * the whole path, as in Tomcat (`.*\.(css|js|png)`); a RegExp matches as it is.
 */
export class RequestFilter {
  readonly #pattern: RegExp | undefined

  /** Throws BadFilterError. */
  constructor(filter: RegExp | string | undefined) {
    this.#pattern = filter === undefined || filter === '' ? undefined : patternOf(filter)
  }

  matches(req: IncomingMessage): boolean {
    if (!this.#pattern) return false
    return this.#pattern.test(pathOfRequest(req))
  }
}

/** Where a request went, for logs: without the query and without parameters in the path, in which clients bring tokens and ids. */
export function loggedPath(req: IncomingMessage): string {
  return pathOfRequest(req).split(';', 1)[0]!
}

/** The path as the client sent it, decoded, without the query. */
export function pathOfRequest(req: IncomingMessage): string {
  return pathOf('originalUrl' in req ? String(req.originalUrl) : (req.url ?? ''))
}

/** A pattern with the flag g or y would remember where its last match ended, and miss every other request. */
function patternOf(filter: RegExp | string): RegExp {
  if (filter instanceof RegExp) return new RegExp(filter.source, filter.flags.replace(/[gy]/g, ''))
  try {
    return new RegExp(`^(?:${filter})$`)
  } catch (cause) {
    throw new BadFilterError(filter, { cause })
  }
}

function pathOf(url: string): string {
  const query = url.indexOf('?')
  const path = query === -1 ? url : url.slice(0, query)
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
