import { Keyring, nodeNetwork, SecretCredentials, sealedMulticast, secureNetwork } from '@clowder/node'
import type { Logger, Network } from '@clowder/tribes'

/** The network that `createCluster` makes by itself when there is a secret; the demo makes its own, because it wants to cut it. */
export function demoNetwork(clusterName: string, secret: string | undefined, logger: Logger): Network {
  if (!secret) return nodeNetwork
  const keyring = new Keyring(clusterName, [secret])
  const joinMulticast = sealedMulticast(keyring, nodeNetwork.joinMulticast)
  return secureNetwork({ credentials: new SecretCredentials(keyring), logger, joinMulticast }, { clusterName })
}
