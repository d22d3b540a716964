import type { Circumstances } from '../faults/circumstances.js'
import type { ProcessOptions } from './process-options.js'

const SOME = 4
/** Looking for listed members must not take longer than anything else does. */
const RESOLVE_EVERY_MS = 1_000
/** As much as a heartbeat has room for. */
const largest = { clusterName: 'c'.repeat(64), domain: 'd'.repeat(128), payload: new Uint8Array(512) }

/** By which a node can be found wherever it is: a name server follows it to a new address. */
export function hostNameOf(name: string): string {
  return `host-${name}`
}

/** What the processes of one node are started with. */
export function nodeOptions(name: string, shared: ProcessOptions, circumstances: Circumstances = {}): ProcessOptions {
  const { members, addresses, mtuBytes, maxActiveSessions, limits, differing, mood } = circumstances
  const { frequency, ...other } = differing?.[name] ?? {}
  const manager = { ...shared.manager, ...other, ...limits }
  // Whatever the size of values, some of them fit.
  const maxSessionBytes = manager.maxSessionBytes && Math.max(manager.maxSessionBytes, SOME * shared.paddingBytes)
  return {
    ...shared,
    manager: {
      ...manager,
      ...(maxSessionBytes !== undefined && { maxSessionBytes }),
      ...(maxActiveSessions !== undefined && { maxActiveSessions }),
    },
    membership: { ...shared.membership, ...(frequency !== undefined && { frequency }) },
    ...(members && { members: members.map(hostNameOf), resolveIntervalMs: RESOLVE_EVERY_MS }),
    ...(addresses === 'advertised' && { receiver: { address: '0.0.0.0', advertisedAddress: hostNameOf(name) } }),
    ...(mtuBytes !== undefined && largest),
    ...(mood && { mood }),
  }
}

/** a → 10.0.0.1, b → 10.0.0.2, …; where there is nothing but IPv6, fd00::1, … */
export function addressOf(name: string, addresses?: Circumstances['addresses']): string {
  const number = name.charCodeAt(0) - 96
  return addresses === 'ipv6' ? `fd00::${number}` : `10.0.0.${number}`
}
