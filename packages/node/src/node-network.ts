import { lookup } from 'node:dns/promises'
import { networkInterfaces } from 'node:os'
import type { HostAddress, Network } from '@clowder/tribes'
import { dial } from './node-dial.js'
import { listen } from './node-listener.js'
import { joinMulticast } from './node-multicast.js'

/** The system's sockets. None of them keeps the process open. */
export const nodeNetwork: Network = { joinMulticast, listen, connect: dial, resolve, hostAddresses }

async function resolve(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, verbatim: true })
  return [...new Set(found.map(({ address }) => address))]
}

function hostAddresses(): readonly HostAddress[] {
  return Object.values(networkInterfaces()).flatMap(infos =>
    (infos ?? []).map(({ address, family, internal }) => ({ address, family: family === 'IPv6' ? 6 : 4, internal })),
  )
}
