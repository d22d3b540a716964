export { nodeClock } from './node-clock.js'
export { nodeNetwork } from './node-network.js'
export { nodeRandom } from './node-random.js'
export { Keyring, type KeySummary } from './secure/keyring.js'
export {
  KeyInUseError,
  KeyRemovedError,
  KeyringError,
  TooManyKeysError,
  UnknownKeyError,
} from './secure/keyring-errors.js'
export { readRing, writeRing } from './secure/ring-codec.js'
