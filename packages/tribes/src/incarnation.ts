import type { Member } from './member.js'
import type { Address } from './ports/network.js'
import type { Random } from './ports/random.js'
import { newUniqueId, type UniqueId } from './unique-id.js'

/**
 * True: the same incarnation at another address. A process has one address for as long as it has an incarnation, so these are two processes (a machine was
 * cloned). Neither may keep it: each has used message numbers and commits that the other one will use again.
 */
export function isTwin(
  known: Pick<Member, 'id' | 'host' | 'port'>,
  other: Pick<Member, 'id' | 'host' | 'port'>,
): boolean {
  return known.id === other.id && (known.host !== other.host || known.port !== other.port)
}

/**
 * An incarnation to take instead of one that a twin has as well. Chance fell alike for the two of them once and may do so again, so the address, which is
 * what tells them apart, is mixed in, and into the first bytes, because digests of member lists are made of those.
 */
export function otherIncarnation(random: Random, { host, port }: Address): UniqueId {
  const uniqueId = newUniqueId(random)
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(`${host}:${port}`)) hash = Math.imul(hash ^ byte, 0x01000193)
  for (let i = 0; i < 4; i++) uniqueId[i]! ^= hash >>> (8 * i)
  return uniqueId
}
