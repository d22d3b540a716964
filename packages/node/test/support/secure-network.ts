import type { Logger } from '@clowder/tribes'
import { Keyring, nodeNetwork, SecretCredentials, type SecureNetworkOptions, secureNetwork } from '../../src/index.js'

export const SECRET = 'a secret of at least thirty-two bytes'

/** A line that a member has logged. */
export interface Line {
  readonly level: string
  readonly message: string
}

/** One member's network with the secret, and what it logs. However much goes wrong, nobody is turned away for it. */
export function memberNetwork(secrets: readonly string[] = [SECRET], given: Partial<SecureNetworkOptions> = {}) {
  const options = { clusterName: 'shop', maxStrangersPerSecond: Number.POSITIVE_INFINITY, ...given }
  const keyring = new Keyring(options.clusterName, secrets)
  const { lines, logger } = listeningLogger()
  const { joinMulticast } = nodeNetwork
  const network = secureNetwork({ credentials: new SecretCredentials(keyring), logger, joinMulticast }, options)
  return { network, lines, keyring, warnings: () => lines.filter(({ level }) => level === 'warn') }
}

/** Keeps what it is told. */
export function listeningLogger(): { lines: Line[]; logger: Logger } {
  const lines: Line[] = []
  const at = (level: string) => (_fields: object, message: string) => void lines.push({ level, message })
  return { lines, logger: { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') } }
}
