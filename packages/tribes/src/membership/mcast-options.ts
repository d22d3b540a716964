import type { Member } from '../member.js'
import { MAX_CLUSTER_NAME_BYTES } from '../wire/datagram.js'
import { MAX_DOMAIN_BYTES, MAX_HOST_BYTES, MAX_NAME_BYTES, MAX_PAYLOAD_BYTES } from '../wire/member-record.js'
import { MembershipOptionError } from './errors.js'

/** Tomcat's attributes of McastService, with Tomcat's meaning, and its defaults where not said. Durations are in milliseconds. */
export interface McastOptions {
  /** Heartbeats of other clusters on the same group are counted and ignored. At most 64 bytes of UTF-8. */
  readonly clusterName: string
  /** The multicast group, IPv4 or IPv6. Group and port are the same on all members of a cluster. @default '228.0.0.4' */
  readonly address?: string
  /** @default 45564 */
  readonly port?: number
  /** Between two heartbeats (give or take a twentieth, so that members do not speak in chorus). Costs one datagram each time, whatever the size of the cluster. @default 500 */
  readonly frequency?: number
  /** Without a sign of life for this long a member is suspected. Applied by the Membership list; here it is only checked to be at least twice `frequency`. @default 3000 */
  readonly dropTime?: number
  /** The address of the interface to use. @default the system's choice plus loopback */
  readonly bind?: string
  /** How many routers a heartbeat may cross. @default the system's (1: the local network) */
  readonly ttl?: number
  /** The local member's domain, when it is to differ from the channel's. @default the local member's */
  readonly domain?: string
  /** At most 512 bytes. @default the local member's */
  readonly payload?: Uint8Array
  /**
   * In Tomcat how long one read may block before the list of members is looked through. Nothing blocks here and the list has a timer of its own;
   * what is left is how often this service looks whether it hears anything at all after its start. 0 or less: `frequency`. @default 0
   */
  readonly soTimeout?: number
  /** Members on the same host do not hear each other. Then nobody hears himself either, so a network without multicast cannot be noticed. @default false */
  readonly localLoopbackDisabled?: boolean
  /** Whether the socket is closed and opened again when sending fails for too long. @default true */
  readonly recoveryEnabled?: boolean
  /** How many errors in a row are too many. @default 10 */
  readonly recoveryCounter?: number
  /** Between two attempts to recover. Each opens a socket; a member whose network is back is not heard for so long. Tomcat: 5000. @default 1000 */
  readonly recoverySleepTime?: number
}

type Optional = 'bind' | 'ttl' | 'domain' | 'payload'
/** Every default in place. */
export type McastSettings = Required<Omit<McastOptions, Optional>> & Pick<McastOptions, Optional>

const DEFAULTS = {
  address: '228.0.0.4',
  port: 45_564,
  frequency: 500,
  dropTime: 3000,
  soTimeout: 0,
  localLoopbackDisabled: false,
  recoveryEnabled: true,
  recoveryCounter: 10,
  recoverySleepTime: 1000,
}

/** Throws `MembershipOptionError` for the first option that cannot be meant. */
export function mcastSettings(options: McastOptions): McastSettings {
  const settings = { ...DEFAULTS, ...options }
  for (const { option, isAllowed, allowed } of RULES) {
    if (!isAllowed(settings)) throw new MembershipOptionError(option, settings[option], allowed)
  }
  return settings.soTimeout > 0 ? settings : { ...settings, soTimeout: settings.frequency }
}

/** What a heartbeat has room for. Throws `MembershipOptionError`. */
export function checkAnnounceable({ host, name, domain, payload }: Member): void {
  checkBytes('host', host, Buffer.byteLength(host), MAX_HOST_BYTES)
  checkBytes('name', name, Buffer.byteLength(name), MAX_NAME_BYTES)
  checkBytes('domain', domain, Buffer.byteLength(domain), MAX_DOMAIN_BYTES)
  checkBytes('payload', `${payload.length} bytes`, payload.length, MAX_PAYLOAD_BYTES)
}

interface Rule {
  readonly option: keyof McastSettings
  readonly isAllowed: (settings: McastSettings) => boolean
  readonly allowed: string
}

const RULES: readonly Rule[] = [
  {
    option: 'clusterName',
    isAllowed: s => s.clusterName !== '' && Buffer.byteLength(s.clusterName) <= MAX_CLUSTER_NAME_BYTES,
    allowed: `1 to ${MAX_CLUSTER_NAME_BYTES} bytes of text`,
  },
  {
    option: 'address',
    isAllowed: s => isMulticastGroup(s.address),
    allowed: 'a multicast group (224.0.0.0 to 239.255.255.255, or an IPv6 address that begins with ff)',
  },
  { option: 'port', isAllowed: s => isWhole(s.port, 1, 65_535), allowed: 'a port from 1 to 65535' },
  { option: 'frequency', isAllowed: s => s.frequency >= 1, allowed: 'at least 1 ms' },
  {
    option: 'dropTime',
    isAllowed: s => s.dropTime >= 2 * s.frequency,
    allowed: 'at least twice membership.frequency, or a single lost heartbeat makes a member suspect',
  },
  { option: 'ttl', isAllowed: s => s.ttl === undefined || isWhole(s.ttl, 0, 255), allowed: 'a number from 0 to 255' },
  {
    option: 'recoveryCounter',
    isAllowed: s => isWhole(s.recoveryCounter, 1, Number.MAX_SAFE_INTEGER),
    allowed: 'a whole number from 1',
  },
  { option: 'recoverySleepTime', isAllowed: s => s.recoverySleepTime >= 1, allowed: 'at least 1 ms' },
]

function isMulticastGroup(text: string): boolean {
  return /^(22[4-9]|23\d)(\.\d{1,3}){3}$/.test(text) || /^ff[0-9a-f]{2}:[0-9a-f:.]+(%\S+)?$/i.test(text)
}

function isWhole(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most
}

function checkBytes(option: string, given: string, count: number, most: number): void {
  if (count > most) throw new MembershipOptionError(option, given, `at most ${most} bytes`)
}
