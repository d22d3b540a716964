import { nameOfDomain } from '@clowder/tribes'
import type { ClusterSettings } from '../options/cluster-options.js'

/** What members must have in common: it is said on the wire, and every key is made of it. With `membership.domainFilter` each domain is a cluster of its own. */
export function clusterNameOf({ name, membership }: ClusterSettings): string {
  const { domain, domainFilter } = membership
  return domainFilter && domain !== undefined ? nameOfDomain(name, domain) : name
}
