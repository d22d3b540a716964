export { nodeClock } from './node-clock.js'
export { nodeNetwork } from './node-network.js'
export { nodeRandom } from './node-random.js'
export { CertificateCredentials, type CertificateFiles } from './secure/certificate-credentials.js'
export type { Credentials, SecuredSocket, Transcript } from './secure/credentials.js'
export { EncryptionOptionError, type Undecryptable, UndecryptableMessageError } from './secure/encrypt-errors.js'
export { EncryptInterceptor, type EncryptStats } from './secure/encrypt-interceptor.js'
export type { EncryptInterceptorOptions } from './secure/encryption-options.js'
export { Keyring, type KeySummary } from './secure/keyring.js'
export {
  KeyInUseError,
  KeyRemovedError,
  KeyringError,
  TooManyKeysError,
  UnknownKeyError,
} from './secure/keyring-errors.js'
export { namesIn } from './secure/names-in-certificate.js'
export { plainNetwork } from './secure/plain-network.js'
export { readRing, writeRing } from './secure/ring-codec.js'
export { sealedMulticast } from './secure/sealed-multicast.js'
export { SecretCredentials } from './secure/secret-credentials.js'
export { type KeyPurpose, SecretKey } from './secure/secret-key.js'
export { NotSecuredError, StreamHandshakeError, StreamRefusedError } from './secure/secure-errors.js'
export {
  type SecureInspection,
  type SecureNetwork,
  type SecureNetworkComponents,
  type SecureNetworkOptions,
  secureNetwork,
} from './secure/secure-network.js'
export type { SecureStats } from './secure/secure-report.js'
export type { Refusal } from './secure/verdict.js'
