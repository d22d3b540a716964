import { isIP } from 'node:net'
import { parseMemberAddress } from '@clowder/tribes'
import { z } from 'zod'
import { isMulticastGroup } from './host-address.js'
import { count, flag, group, milliseconds, port, text } from './option.js'

const MAX_PAYLOAD_BYTES = 512

const multicastGroup = z.string().refine(isMulticastGroup).default('228.0.0.4').meta({
  description:
    'Multicast group of the heartbeats. Address and port together are the cluster: give each cluster of a network its own.',
  allowed: 'an IPv4 address from 224.0.0.0 to 239.255.255.255, or an IPv6 address that begins with ff',
})

const bind = z
  .string()
  .refine(address => isIP(address) !== 0)
  .optional()
  .meta({
    description:
      'Address of the interface that heartbeats use. Without it: with a `secret` (or `insecure`) what the system chooses, plus loopback; without one 127.0.0.1.',
    allowed: 'an IP address of this host',
  })

const payload = z
  .union([z.string(), z.instanceof(Uint8Array)])
  .transform(given => (typeof given === 'string' ? Buffer.from(given) : given))
  .refine(given => given.length <= MAX_PAYLOAD_BYTES)
  .optional()
  .meta({
    description:
      "The application's own data, which the other members see as `member.payload`. Sent in every heartbeat.",
    allowed: `text or bytes, at most ${MAX_PAYLOAD_BYTES} bytes`,
  })

const members = z.array(z.string().refine(isMemberAddress)).default([]).meta({
  description:
    'Members to look for where multicast is not available, or beside it. A name is looked up again and again, and all its addresses are tried; without a port, `receiver.port` is. This member may be in the list.',
  allowed: "a list of 'host' or 'host:port' (IPv6 as '[::1]:4000')",
})

/** How members find each other, and when one is doubted. */
export const membershipOptions = group(
  {
    multicast: flag(true, 'Whether members find each other by multicast heartbeats.'),
    address: multicastGroup,
    port: port(45_564, {}, 'UDP port of the heartbeats.'),
    bind,
    ttl: count(1, { max: 255 }, 'How many routers a heartbeat may pass; 0: it stays on this host, 1: in this network.'),
    localLoopbackDisabled: flag(false, 'True: other processes of this host do not hear the heartbeats.'),
    frequency: milliseconds(
      500,
      { min: 10, max: 60_000 },
      'Milliseconds between two heartbeats. Each costs one datagram of about 150 bytes and `payload`.',
    ),
    dropTime: milliseconds(
      3000,
      { min: 30, max: 600_000 },
      'Milliseconds after its last sign of life within which a member that nobody hears is out; a process that stands still for two thirds of it stays. More than twice `frequency`. A process that was killed is noticed at once, by its closed connection.',
    ),
    domain: text(128, 'Free text that the other members see as `member.domain`.'),
    domainFilter: flag(
      false,
      'True: only members of the own `domain` are seen and reached, as with the DomainFilterInterceptor of Tomcat: each domain is a cluster of its own, with keys of its own. The same on all members. Those of other domains are counted as strangers.',
    ),
    payload,
    recoveryEnabled: flag(true, 'Whether a multicast socket that keeps failing is opened anew.'),
    recoveryCounter: count(10, { min: 1, max: 1000 }, 'How many failures in a row make it so.'),
    recoverySleepTime: milliseconds(
      1000,
      { min: 100, max: 600_000 },
      'Milliseconds between two attempts to open it anew; for so long a member whose network is back may not be heard. Tomcat: 5000.',
    ),
    members,
    resolveInterval: milliseconds(
      5000,
      { min: 100, max: 600_000 },
      'Milliseconds between two looks at `members`: names are resolved, absent members are dialled.',
    ),
    discoveryTime: milliseconds(
      100,
      { min: 0, max: 60_000 },
      'Milliseconds that `createCluster` waits for other members before it fetches their sessions. Those found later are compared with when they come.',
    ),
  },
  'How members find each other, and when one is doubted (Tomcat: Membership, McastService).',
)

function isMemberAddress(text: string): boolean {
  try {
    parseMemberAddress(text, 4000)
    return true
  } catch {
    return false
  }
}
