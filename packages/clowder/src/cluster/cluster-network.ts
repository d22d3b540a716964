import { Keyring, nodeNetwork, SecretCredentials, type SecureNetwork, secureNetwork } from '@clowder/node'
import type { Logger } from '@clowder/tribes'
import type { ClusterSettings } from '../options/cluster-options.js'
import { isSecured } from '../options/loopback.js'

/** With a secret, sockets on which members authenticate each other; undefined without one, or with `insecure`. */
export function securedNetwork(settings: ClusterSettings, logger: Logger): SecureNetwork | undefined {
  const { name: clusterName, secret, receiver, distributable } = settings
  if (!distributable || !secret || !isSecured(settings)) return undefined
  const { helloTimeout, handshakeTimeout, maxHalfOpen, maxHalfOpenPerAddress } = receiver
  const credentials = new SecretCredentials(new Keyring(clusterName, secret))
  return secureNetwork(
    { credentials, logger, joinMulticast: nodeNetwork.joinMulticast },
    {
      clusterName,
      greetingTimeoutMs: helloTimeout,
      handshakeTimeoutMs: handshakeTimeout,
      maxHalfOpen,
      maxHalfOpenPerAddress,
    },
  )
}
