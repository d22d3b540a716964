const SEPARATOR = '\0'

/** The name of the part of a cluster that its members of one domain are, where domains keep to themselves: to all others it is a cluster of its own. */
export function nameOfDomain(clusterName: string, domain: string): string {
  return `${clusterName}${SEPARATOR}${domain}`
}

/** Then members of other domains are to be expected on the same network, and meeting one is no mistake that somebody must hear of. */
export function isNameOfDomain(clusterName: string): boolean {
  return clusterName.includes(SEPARATOR)
}
