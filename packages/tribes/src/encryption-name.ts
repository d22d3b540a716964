const SEPARATOR = '\u0001'

/**
 * The name under which members say hello whose messages are encrypted with one key, above the connections; `keyId` says which, one-way. Whoever has another key, or none, could
 * be a member, and would understand nothing that is said to it.
 */
export function nameOfEncryption(clusterName: string, keyId: string): string {
  return `${clusterName}${SEPARATOR}${keyId}`
}

/** Two names that differ in the encryption only: that is the mistake, and not the name. */
export function isOtherEncryption(name: string, other: string): boolean {
  return name !== other && plainName(name) === plainName(other)
}

function plainName(name: string): string {
  return name.split(SEPARATOR, 1)[0]!
}
