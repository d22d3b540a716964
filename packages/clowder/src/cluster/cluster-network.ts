import { type Keyring, nodeNetwork, SecretCredentials, type SecureNetwork, secureNetwork } from '@clowder/node'
import type { Logger } from '@clowder/tribes'
import type { ClusterSettings } from '../options/cluster-options.js'
import { isSecured } from '../options/loopback.js'
import { clusterNameOf } from './cluster-name.js'

export interface SecuredNetworkComponents {
  readonly logger: Logger
  readonly keyring: Keyring | undefined
}

/** With a secret, sockets on which members authenticate each other; undefined without one, or with `insecure`. */
export function securedNetwork(
  settings: ClusterSettings,
  { logger, keyring }: SecuredNetworkComponents,
): SecureNetwork | undefined {
  const { receiver, distributable } = settings
  if (!distributable || !keyring || !isSecured(settings)) return undefined
  const { helloTimeout, handshakeTimeout, maxHalfOpen, maxHalfOpenPerAddress } = receiver
  const { joinMulticast } = nodeNetwork
  return secureNetwork(
    { credentials: new SecretCredentials(keyring), logger, joinMulticast },
    {
      clusterName: clusterNameOf(settings),
      greetingTimeoutMs: helloTimeout,
      handshakeTimeoutMs: handshakeTimeout,
      maxHalfOpen,
      maxHalfOpenPerAddress,
    },
  )
}
