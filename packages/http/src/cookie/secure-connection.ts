import type { IncomingMessage } from 'node:http'

/**
 * Whether the client's connection is encrypted. Express decides by its own `trust proxy` setting (`req.secure`); `trustsProxy` believes
 * `X-Forwarded-Proto` everywhere, so set it only behind a proxy that writes it.
 */
export function isSecureConnection(req: IncomingMessage, trustsProxy: boolean): boolean {
  if ('encrypted' in req.socket && req.socket.encrypted) return true
  if ('secure' in req && req.secure === true) return true
  return trustsProxy && isSecureByProxy(req)
}

/** What a proxy says, or somebody who pretends to be one. */
export function isSecureByProxy(req: IncomingMessage): boolean {
  return firstOf(req.headers['x-forwarded-proto']) === 'https'
}

/** Browsers keep secure cookies of these hosts without https. */
export function isLocalHost(req: IncomingMessage): boolean {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(req.headers.host ?? '')
}

/** The proxy nearest to the client stands first. */
function firstOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  return String(header).split(',', 1)[0]!.trim().toLowerCase()
}
