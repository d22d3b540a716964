import type { HostAddress } from '../ports/network.js'

const LOOPBACK = '127.0.0.1'

/**
 * The address at which other hosts can reach this one, for Tomcat's `address="auto"`: IPv4 before IPv6, and link-local addresses last, because they mean nothing
 * without a scope. 127.0.0.1 only when this host has nothing else.
 */
export function routableAddress(addresses: readonly HostAddress[]): string {
  const outside = addresses.filter(a => !a.internal && !isUnspecified(a.address))
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
  const isLinkLocal = family === 4 ? address.startsWith('169.254.') : /^fe[89ab]/i.test(address)
  return (isLinkLocal ? 2 : 0) + (family === 4 ? 0 : 1)
}
