import { EncryptInterceptor } from '@clowder/node'
import { nameOfDomain, nameOfEncryption } from '@clowder/tribes'
import type { ClusterSettings } from '../options/cluster-options.js'

/** What members must have in common: it is said on the wire, and every key is made of it. With `membership.domainFilter` each domain is a cluster of its own. */
export function clusterNameOf({ name, membership }: ClusterSettings): string {
  const { domain, domainFilter } = membership
  return domainFilter && domain !== undefined ? nameOfDomain(name, domain) : name
}

/** The same as it is said in a hello: whose messages could not be read is no member, and both are told at once. A heartbeat says the plain one, or nobody would dial and hear of it. */
export function encryptedNameOf(clusterName: string, { interceptors }: Pick<ClusterSettings, 'interceptors'>): string {
  const keyIds = interceptors.filter(layer => layer instanceof EncryptInterceptor).map(({ keyId }) => keyId)
  return keyIds.reduce(nameOfEncryption, clusterName)
}
