import { isProperty, plainName } from '../state/entry.js'
import type { SessionState } from '../state/session-state.js'
import type { SessionCopy } from './session-copy.js'

/** Bytes of encoded values, as `maxSessionBytes` counts them. */
export interface SessionSize {
  readonly id: string
  readonly bytes: number
  /** Largest first; the session's own properties are not among them. */
  readonly attributes: readonly { readonly name: string; readonly bytes: number }[]
}

/**
 * The `n` largest of these, the largest first. Nothing is decoded; of the others only the length is looked at. What is packed counts with its names and stamps at first, so the choice
 * is by what a session costs, and the figures are what its values take.
 */
export function largestSessions(copies: Iterable<SessionCopy>, n: number): readonly SessionSize[] {
  if (!(n > 0)) return []
  let largest: { readonly copy: SessionCopy; readonly length: number }[] = []
  const chosen = () => largest.sort((a, b) => b.length - a.length).slice(0, n)
  let least = -1
  for (const copy of copies) {
    if (copy.kind !== 'live') continue
    const length = copy.packedLength
    if (length <= least) continue
    largest.push({ copy, length })
    // Sorted once for every n that are found, be n as many as there are.
    if (largest.length < 2 * n) continue
    largest = chosen()
    least = largest.at(-1)!.length
  }
  return chosen()
    .map(({ copy }) => sizeOf(copy.id, copy.peek()))
    .sort((a, b) => b.bytes - a.bytes)
}

function sizeOf(id: string, state: SessionState): SessionSize {
  const entries = state.kind === 'live' ? state.entries : []
  const lengthOf = (value: Uint8Array | undefined) => value?.length ?? 0
  const sizes = new Map<string, number>()
  for (const { name, value } of entries)
    if (!isProperty(name) && value) sizes.set(plainName(name), (sizes.get(plainName(name)) ?? 0) + value.length)
  const attributes = Array.from(sizes, ([name, bytes]) => ({ name, bytes })).sort((a, b) => b.bytes - a.bytes)
  return { id, bytes: entries.reduce((sum, { value }) => sum + lengthOf(value), 0), attributes }
}
