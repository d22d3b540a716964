import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** What differs between IPv4 and IPv6 multicast. */
export interface Family {
  readonly type: 'udp4' | 'udp6'
  readonly loopback: string
  /** Where a socket must be bound to receive what is sent to the group. */
  receivingAddress(options: { group: string; port: number }): { address: string; port: number }
  /** How the system names the interface that has this address. */
  interfaceAt(address: string): string
  loopbackInterface(): string
}

export function familyOf(group: string): Family {
  return isIPv6(group) ? IPV6 : IPV4
}

interface InterfaceEntry {
  readonly name: string
  readonly address: string
  readonly internal: boolean
  readonly scopeId: number | undefined
}

function interfaceEntries(): InterfaceEntry[] {
  return Object.entries(networkInterfaces()).flatMap(([name, infos]) =>
    (infos ?? []).map(info => ({
      name,
      address: info.address,
      internal: info.internal,
      scopeId: info.family === 'IPv6' ? info.scopeid : undefined,
    })),
  )
}

/** Bound to the group itself, a socket does not hear other groups on the same port; Windows binds only to addresses of its own. */
const IPV4: Family = {
  type: 'udp4',
  loopback: '127.0.0.1',
  receivingAddress: ({ group, port }) => ({ address: process.platform === 'win32' ? '0.0.0.0' : group, port }),
  interfaceAt: address => address,
  loopbackInterface: () => '127.0.0.1',
}

/** IPv6 names interfaces, not addresses: `::%eth0`, on Windows `::%7`. */
const IPV6: Family = {
  type: 'udp6',
  loopback: '::1',
  receivingAddress: ({ port }) => ({ address: '::', port }),
  interfaceAt: address => {
    const [host, zone] = address.split('%')
    return zone === undefined ? scoped(interfaceEntries().find(entry => entry.address === host)) : `::%${zone}`
  },
  loopbackInterface: () => scoped(interfaceEntries().find(entry => entry.internal && entry.scopeId !== undefined)),
}

/** An address that no interface has is left to the system to refuse. */
function scoped(entry: InterfaceEntry | undefined): string {
  if (!entry) return '::%none'
  return process.platform === 'win32' ? `::%${entry.scopeId}` : `::%${entry.name}`
}
