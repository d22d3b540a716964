import type { Message } from '../../src/wire/message.js'
import { decodeMessage } from '../../src/wire/message-codec.js'

/** A name of the right length: of whom a message comes does not matter to whoever looks at what it says. */
const NOBODY = '\0'.repeat(16)

/** What these bytes say; who writes what they carry is left open. */
export function messageIn(body: Uint8Array): Message {
  return decodeMessage(body, NOBODY)
}
