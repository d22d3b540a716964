import type { ServerResponse } from 'node:http'

/** HTTP/2's own response does not tell by itself. */
export function isOver(res: ServerResponse & { readonly stream?: { readonly destroyed: boolean } }): boolean {
  return res.closed || res.stream?.destroyed === true
}
