import { parseMemberAddress } from '@clowder/tribes'
import type { OptionProblem } from '../errors.js'
import type { ClusterSettings } from './cluster-options.js'
import { isLoopbackHost } from './host-address.js'

/*
 * Without a secret members cannot authenticate each other. Then a cluster stays on this host, unless the user says that the network is trusted.
 */

/** Whether members authenticate each other, and nothing of theirs can be read on the way. */
export function isSecured({ secret, tls, insecure }: ClusterSettings): boolean {
  return !insecure && (secret !== undefined || tls !== undefined)
}

/** Without a secret members of other hosts are neither dialled nor let in, wherever their addresses come from. */
export function acceptedHosts(settings: ClusterSettings): ((host: string) => boolean) | undefined {
  return settings.insecure || isSecured(settings) ? undefined : isLoopbackHost
}

/** The same, for who says that he is elsewhere: what he and our log are told. */
export function hostRefusal(settings: ClusterSettings): ((host: string) => string | undefined) | undefined {
  const accepts = acceptedHosts(settings)
  return accepts && (host => (accepts(host) ? undefined : STAYS))
}

const STAYS = 'without a secret a cluster stays on its host; give every member the same secret'

/** Addresses given by the user that leave this host. */
export function exposedAddresses(settings: ClusterSettings): OptionProblem[] {
  if (settings.insecure || !settings.distributable || isSecured(settings)) return []
  const { membership, receiver } = settings
  const exposed: OptionProblem[] = []
  if (receiver.address !== 'auto' && !isLoopbackHost(receiver.address))
    exposed.push(exposure('receiver.address', receiver.address, "use 'auto' or 127.0.0.1"))
  if (receiver.advertisedAddress !== undefined && !isLoopbackHost(receiver.advertisedAddress))
    exposed.push(exposure('receiver.advertisedAddress', receiver.advertisedAddress, 'leave it out, or use 127.0.0.1'))
  if (membership.bind !== undefined && !isLoopbackHost(membership.bind))
    exposed.push(exposure('membership.bind', membership.bind, 'leave it out, or use 127.0.0.1'))
  membership.members.forEach((text, i) => {
    if (!isLoopbackHost(parseMemberAddress(text, 1).host))
      exposed.push(exposure(`membership.members[${i}]`, text, 'use an address such as 127.0.0.1:4001'))
  })
  return exposed
}

/** With a secret, or `insecure`, the settings as they are, else with every address that was left open bound to loopback. */
export function boundToLoopback(settings: ClusterSettings): ClusterSettings {
  if (settings.insecure || isSecured(settings)) return settings
  const { membership, receiver } = settings
  return {
    ...settings,
    membership: { ...membership, bind: membership.bind ?? '127.0.0.1' },
    receiver: { ...receiver, address: receiver.address === 'auto' ? '127.0.0.1' : receiver.address },
  }
}

function exposure(path: string, given: string, advice: string): OptionProblem {
  return { path, given: `given ${JSON.stringify(given)}`, allowed: `set secret, or ${advice}` }
}
