import { createHmac, randomBytes } from 'node:crypto'
import type { SessionLabel } from '@clowder/ha'
import type { Keyring } from '@clowder/node'

const LABEL_DIGITS = 8

/**
 * What logs call a session: `#3f9a1c02`, eight hexadecimal digits of an HMAC-SHA256 of its id. The same on all members until the secret is replaced; without a secret the key is this
 * process's own. Long enough to tell the sessions of one log apart, too short to find an id by, even for who has the key.
 */
export function sessionLabel(keyring: Keyring | undefined): SessionLabel {
  const own = randomBytes(32)
  const key = () => keyring?.current.derive('log') ?? own
  return id => `#${createHmac('sha256', key()).update(id).digest('hex').slice(0, LABEL_DIGITS)}`
}
