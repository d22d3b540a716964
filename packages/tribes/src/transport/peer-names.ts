import type { Member } from '../member.js'

/**
 * Whether a certificate is for this member: one of its names is the member's, or its host, or what was dialled. Undefined `peerNames`: there was no certificate, so every
 * name will do. Wildcards are names like all others.
 */
export function isNamed(peerNames: readonly string[] | undefined, member: Member, dialledHost?: string): boolean {
  if (!peerNames) return true
  const names = [member.name, member.host, dialledHost].map(name => name?.toLowerCase())
  return peerNames.some(name => names.includes(name.toLowerCase()))
}
