import type { HostAddress } from '../ports/network.js'

const LOOPBACK = '127.0.0.1'

/**
 * The address at which other hosts can reach this one, for Tomcat's `address="auto"`: IPv4 before IPv6, and link-local ones of IPv4 last. Those of IPv6, which many a virtual interface has, are
 * none: without a scope, which means something on one host only, they can neither be listened at nor dialled. 127.0.0.1 only when this host has nothing else.
 */
export function routableAddress(addresses: readonly HostAddress[]): string {
  const outside = addresses.filter(a => !a.internal && !isUnspecified(a.address) && !isLinkLocalV6(a.address))
  const best = outside.sort((a, b) => rank(a) - rank(b))[0]
  return best?.address ?? LOOPBACK
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

/** 0.0.0.0 and :: are for listening on all interfaces; nobody can connect to them from elsewhere. */
export function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function rank({ address, family }: HostAddress): number {
  return (address.startsWith('169.254.') ? 2 : 0) + (family === 4 ? 0 : 1)
}

/** fe80::/10. */
function isLinkLocalV6(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/i.test(address)
}
