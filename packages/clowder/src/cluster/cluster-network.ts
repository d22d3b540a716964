import {
  CertificateCredentials,
  type Credentials,
  type Keyring,
  nodeNetwork,
  SecretCredentials,
  type SecureNetwork,
  sealedMulticast,
  secureNetwork,
} from '@clowder/node'
import type { Clock, Logger, Network } from '@clowder/tribes'
import { OptionsError } from '../errors.js'
import { readCertificates } from '../options/certificate-files.js'
import type { ClusterSettings } from '../options/cluster-options.js'
import { isSecured } from '../options/loopback.js'
import { clusterNameOf } from './cluster-name.js'

export interface SecuredNetworkComponents {
  readonly clock: Clock
  readonly logger: Logger
  /** Undefined: there is no secret. */
  readonly keyring: Keyring | undefined
}

/** With a secret or certificates, sockets on which members authenticate each other; undefined without, or with `insecure`. */
export function securedNetwork(
  settings: ClusterSettings,
  components: SecuredNetworkComponents,
): SecureNetwork | undefined {
  if (!isSecured(settings) || !settings.distributable) return undefined
  const { helloTimeout, handshakeTimeout, maxHalfOpen, maxHalfOpenPerAddress } = settings.receiver
  const { logger, keyring } = components
  return secureNetwork(
    { credentials: credentialsOf(settings, components), logger, joinMulticast: multicastOf(keyring) },
    {
      clusterName: clusterNameOf(settings),
      greetingTimeoutMs: helloTimeout,
      handshakeTimeoutMs: handshakeTimeout,
      maxHalfOpen,
      maxHalfOpenPerAddress,
    },
  )
}

/** In a few words, for people. */
export function securityOf({ insecure, tls, secret }: ClusterSettings): string {
  if (insecure) return 'insecure: members do not authenticate each other'
  if (tls) return 'members authenticate each other by certificates'
  return secret ? 'members authenticate each other by the secret' : 'without a secret, on this host only'
}

/** Certificates before the secret. They were in order a moment ago, when the options were read. */
function credentialsOf({ tls }: ClusterSettings, { clock, keyring }: SecuredNetworkComponents): Credentials {
  if (!tls) return new SecretCredentials(keyring!)
  const { files, problems } = readCertificates(tls, clock.wallTime())
  if (!files) throw new OptionsError(problems)
  return new CertificateCredentials(files)
}

/** Without a secret there is no multicast: the options have seen to that too. */
function multicastOf(keyring: Keyring | undefined): Network['joinMulticast'] {
  const { joinMulticast } = nodeNetwork
  return keyring ? sealedMulticast(keyring, joinMulticast) : joinMulticast
}
