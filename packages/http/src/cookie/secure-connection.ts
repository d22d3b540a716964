import type { IncomingMessage } from 'node:http'

/**
 * Whether the client's connection is encrypted. Express decides by its own `trust proxy` setting (`req.secure`); `trustsProxy` believes
 * `X-Forwarded-Proto` everywhere, so set it only behind a proxy that writes it.
 */
export function isSecureConnection(req: IncomingMessage, trustsProxy: boolean): boolean {
  if ('encrypted' in req.socket && req.socket.encrypted) return true
  if ('secure' in req && req.secure === true) return true
  return trustsProxy && firstOf(req.headers['x-forwarded-proto']) === 'https'
}

/** The proxy nearest to the client stands first. */
function firstOf(header: string | string[] | undefined): string | undefined {
  return String(header).split(',', 1)[0]!.trim().toLowerCase()
}
