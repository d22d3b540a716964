import { isIPv6, SocketAddress } from 'node:net'

/**
 * The host names and addresses in a certificate's subject alternative name, as `X509Certificate` writes it: `DNS:n1, IP Address:10.0.0.3`. Text with quotation marks has
 * names in it that are made to look like several; such a certificate is for nobody.
 * IPv6 addresses stand there with all their zeros, `IP Address:2001:DB8:0:0:0:0:0:7`, and are given as everybody else writes them.
 */
export function namesIn(subjectAltName = ''): readonly string[] {
  if (subjectAltName.includes('"')) return []
  return subjectAltName.split(', ').flatMap(entry => {
    const [, name] = /^(?:DNS|IP Address):(.+)$/.exec(entry) ?? []
    return name === undefined ? [] : [isIPv6(name) ? shortened(name) : name]
  })
}

function shortened(address: string): string {
  return new SocketAddress({ address, family: 'ipv6' }).address
}
