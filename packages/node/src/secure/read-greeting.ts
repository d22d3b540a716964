import type { Socket } from 'node:net'
import { type Address, ConnectionClosedError } from '@clowder/tribes'
import { GREETING_BYTES, mayBecomeGreeting } from './greeting.js'
import { NotSecuredError } from './secure-errors.js'

/** Resolves with exactly the 64 bytes of a greeting; rejects as soon as they cannot become one, when more comes, or when the socket closes. */
export function readGreeting(socket: Socket, remote: Address): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let said = Buffer.alloc(0)
    const settled = () => socket.off('readable', read).off('end', ended).off('close', ended)
    const read = () => {
      for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) said = Buffer.concat([said, chunk])
      if (said.length === GREETING_BYTES) resolve(said)
      else if (said.length > GREETING_BYTES || !mayBecomeGreeting(said)) reject(new NotSecuredError(remote))
      else return
      settled()
    }
    const ended = () => {
      settled()
      reject(new ConnectionClosedError('closed before the greeting was complete'))
    }
    socket.on('readable', read).once('end', ended).once('close', ended)
  })
}
