import type { Address } from '../ports/network.js'
import { BadMemberAddressError } from './errors.js'

const IPV6 = /^(?=.*:.*:)[0-9a-f:.]+(%[\w.-]+)?$/i
const IPV4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/
const NAME = /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/i

/**
 * `host`, `host:port`, `[ipv6]`, `[ipv6]:port` or a bare IPv6 address. Nothing is looked up. Throws `BadMemberAddressError`
 * (`TRIBES_BAD_MEMBER_ADDRESS`), which quotes the text and says what is wrong with it.
 */
export function parseMemberAddress(text: string, defaultPort: number): Address {
  const { host, portText } = split(text)
  return { host: checkedHost(text, host), port: portText === undefined ? defaultPort : checkedPort(text, portText) }
}

interface Parts {
  readonly host: string
  readonly portText: string | undefined
}

function split(text: string): Parts {
  if (IPV6.test(text)) return { host: text, portText: undefined }
  const match = /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^:[\]]*))(?::(?<port>[^:\]]*))?$/.exec(text)
  if (!match)
    throw new BadMemberAddressError(text, /[[\]]/.test(text) ? 'its brackets do not match' : 'it has too many colons')
  const { v6, name, port } = match.groups!
  if (v6 !== undefined && !IPV6.test(v6)) throw new BadMemberAddressError(text, `[${v6}] is no IPv6 address`)
  return { host: v6 ?? name!, portText: port }
}

function checkedHost(text: string, host: string): string {
  if (host === '') throw new BadMemberAddressError(text, 'the host is missing')
  if (IPV6.test(host)) return host
  if (!NAME.test(host)) throw new BadMemberAddressError(text, `${JSON.stringify(host)} is no host name`)
  if (/^[\d.]+$/.test(host) && !IPV4.test(host)) throw new BadMemberAddressError(text, `${host} is no IPv4 address`)
  return host
}

function checkedPort(text: string, portText: string): number {
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0
  if (port < 1 || port > 65_535) throw new BadMemberAddressError(text, 'the port must be a number from 1 to 65535')
  return port
}
