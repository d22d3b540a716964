import { connect } from 'node:net'
import type { Address, Stream } from '@clowder/tribes'
import { NodeStream } from './node-stream.js'

/** Rejects with the system's error, or with `code` ETIMEDOUT when nobody answered within `timeoutMs`. */
export function dial(address: Address, timeoutMs: number): Promise<Stream> {
  const socket = connect({ ...address, noDelay: true }).unref()
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => socket.destroy(timeoutError(address, timeoutMs)), timeoutMs).unref()
    const settled = () => {
      clearTimeout(timer)
      socket.off('error', failed).off('connect', connected)
    }
    const failed = (error: Error) => {
      settled()
      reject(error)
    }
    const connected = () => {
      settled()
      // The caller continues before the loop reads from the socket, so it misses no byte.
      resolve(new NodeStream(socket))
    }
    socket.once('error', failed).once('connect', connected)
  })
}

function timeoutError({ host, port }: Address, timeoutMs: number): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`connect ETIMEDOUT ${host}:${port} (no answer within ${timeoutMs} ms)`)
  return Object.assign(error, { code: 'ETIMEDOUT', syscall: 'connect', address: host, port })
}
