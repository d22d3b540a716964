import { randomInt } from 'node:crypto'

/** Nobody else's cluster, and where its members may listen. */
export function ports(): { readonly multicast: number; readonly tcp: number } {
  return { multicast: randomInt(46_000, 49_000), tcp: randomInt(20_000, 30_000) }
}
