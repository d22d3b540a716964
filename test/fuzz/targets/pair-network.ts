import { Keyring, nodeNetwork, SecretCredentials, secureNetwork } from '@clowder/node'
import type { Logger, Network } from '@clowder/tribes'

/** Of the members, and of the fuzzer when it is to be taken for one. */
const SHARED_SECRET = 'the secret of members among whom one errs'

/** Whether those that are fuzzed have a secret, and whether whoever fuzzes them knows it. */
export type Trust = 'open' | 'secret' | 'trusted'

/** Inside this network whoever dials is taken for one that has the secret. */
export function trustedNetwork(clusterName: string, logger: Logger): Network {
  const { joinMulticast } = nodeNetwork
  const credentials = new SecretCredentials(new Keyring(clusterName, [SHARED_SECRET]))
  return secureNetwork({ credentials, logger, joinMulticast }, { clusterName })
}

/** Addresses that somebody makes up must not be dialled for real. */
export function loopbackOnly(network: Network): Network {
  return {
    ...nodeNetwork,
    listen: (address, accept) => network.listen(address, accept),
    connect: ({ host, port }, timeoutMs) => {
      if (host !== '127.0.0.1') return Promise.reject(new TypedRefusal(`not dialled: ${host}`))
      return network.connect({ host, port }, timeoutMs)
    },
    resolve: host =>
      host === '127.0.0.1' ? Promise.resolve([host]) : Promise.reject(new TypedRefusal('not resolved')),
  }
}

class TypedRefusal extends Error {
  readonly code = 'ENOTLOOPBACK'
}
