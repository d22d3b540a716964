import type { IncomingMessage } from 'node:http'
import { idText } from '../cookie/cookie-id.js'
import { type CookieSettings, settingsFor } from '../cookie/cookie-options.js'
import { BadGenidError } from '../errors.js'
import type { ValveContext } from './valve-context.js'

/**
 * The id that the application wants for a new session; undefined: the manager makes one. Throws BadGenidError, and what `genid` throws. An id that is in use,
 * or was, as far as this node knows, is refused: its session would be somebody else's.
 */
export function idFor({ manager, options }: ValveContext, req: IncomingMessage): string | undefined {
  if (!options.genid) return undefined
  const id = options.genid(req)
  if (typeof id !== 'string' || idText(id) === undefined)
    throw new BadGenidError(
      'is not text of 1 to 128 characters, of which others than A-Z a-z 0-9 _ - count three for each byte',
    )
  if (manager.findSession(id, undefined, 'look').kind !== 'unknown')
    throw new BadGenidError('is taken; ids must never repeat')
  return id
}

/** The cookie that the application wants for a new session; undefined: as the options have it. Throws BadCookieOptionError, and what `cookieFor` throws. */
export function cookieFor({ options }: ValveContext, req: IncomingMessage): CookieSettings | undefined {
  return options.cookieFor && settingsFor(options.cookie, options.cookieFor(req))
}
