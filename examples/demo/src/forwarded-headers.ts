import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** They describe one connection, not the message (RFC 9110, 7.6.1). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade']

/** The headers of `message` as they go on to the next hop. */
export function forwardedHeaders({ headers }: Pick<IncomingMessage, 'headers'>): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map(name => name.trim().toLowerCase())
  const dropped = new Set([...HOP_BY_HOP, ...named])
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)))
}
