import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'

/** What differs between IPv4 and IPv6 multicast. */
export interface Family {
  readonly type: 'udp4' | 'udp6'
  readonly loopback: string
  /** Where a socket must be bound to receive what is sent to the group. */
  receivingAddress(options: { group: string; port: number }): { address: string; port: number }
  /** How the system names the interface that has this address. Throws EADDRNOTAVAIL when none has. */
  interfaceOf(address: string): string
}

export function familyOf(group: string): Family {
  return isIPv6(group) ? IPV6 : IPV4
}

/** Bound to the group itself, a socket does not hear other groups on the same port; Windows binds only to addresses of its own. */
const IPV4: Family = {
  type: 'udp4',
  loopback: '127.0.0.1',
  receivingAddress: ({ group, port }) => ({ address: process.platform === 'win32' ? '0.0.0.0' : group, port }),
  interfaceOf: address => address,
}

/** IPv6 names interfaces, not addresses: `::%eth0`, on Windows `::%7`. */
const IPV6: Family = {
  type: 'udp6',
  loopback: '::1',
  receivingAddress: ({ port }) => ({ address: '::', port }),
  interfaceOf: address => `::%${address.split('%')[1] ?? zoneOf(address)}`,
}

function zoneOf(address: string): string {
  for (const [name, infos = []] of Object.entries(networkInterfaces())) {
    for (const info of infos) {
      if (info.address === address && info.family === 'IPv6')
        return process.platform === 'win32' ? `${info.scopeid}` : name
    }
  }
  throw Object.assign(new Error(`no interface has the address ${address}`), { code: 'EADDRNOTAVAIL', address })
}
