import { isIP } from 'node:net'

/** A name other than localhost is not taken for loopback, whatever it resolves to now. */
export function isLoopbackHost(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true
  if (isIP(host) === 4) return host.startsWith('127.')
  return isIP(host) === 6 && /^(::1|::ffff:127\..*|0:0:0:0:0:0:0:1)$/i.test(host)
}

/** 224.0.0.0/4 or ff00::/8. */
export function isMulticastGroup(address: string): boolean {
  if (isIP(address) === 4) return Number(address.split('.')[0]) >> 4 === 0xe
  return isIP(address) === 6 && /^ff/i.test(address)
}
