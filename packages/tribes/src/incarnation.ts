import type { Member } from './member.js'

/**
 * Two processes have one incarnation (a cloned machine): whether `local` keeps it. Both sides come to the same answer, because it depends on nothing
 * but the two addresses. The other one takes a new incarnation.
 */
export function keepsIncarnation(local: Pick<Member, 'host' | 'port'>, twin: Pick<Member, 'host' | 'port'>): boolean {
  if (local.host !== twin.host) return local.host < twin.host
  return local.port < twin.port
}

/** True: the same incarnation at another address, so it is not this process. */
export function isTwin(
  local: Pick<Member, 'id' | 'host' | 'port'>,
  other: Pick<Member, 'id' | 'host' | 'port'>,
): boolean {
  return local.id === other.id && (local.host !== other.host || local.port !== other.port)
}
