import type { ServerResponse } from 'node:http'

const STALE = 'Clowder-Stale'
/** Seconds: the other nodes are asked within milliseconds, and what keeps them from answering seldom ends sooner. */
const RETRY_AFTER = '1'
const SENTENCE = 'The latest state of your session is out of reach. Please try again.\n'

/** Tells the client, and whoever reads access logs, that the answer may not show what this client did last. */
export function markStale(res: ServerResponse): void {
  res.setHeader(STALE, '1')
}

export function refuseStale(res: ServerResponse): void {
  markStale(res)
  res.writeHead(503, {
    'Retry-After': RETRY_AFTER,
    'Cache-Control': 'no-store',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(SENTENCE),
  })
  res.end(SENTENCE)
}
