import { connect, type Socket } from 'node:net'
import type { Address, Stream } from '@clowder/tribes'
import { NodeStream } from './node-stream.js'

/** Rejects as `dialSocket` does. The caller continues before the loop reads from the socket, so it misses no byte. */
export async function dial(address: Address, timeoutMs: number): Promise<Stream> {
  return new NodeStream(await dialSocket(address, timeoutMs))
}

/** Rejects with the system's error, or with `code` ETIMEDOUT when nobody answered within `timeoutMs`. */
export function dialSocket(address: Address, timeoutMs: number): Promise<Socket> {
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
      resolve(socket)
    }
    socket.once('error', failed).once('connect', connected)
  })
}

export function timeoutError({ host, port }: Address, timeoutMs: number, what = 'no answer'): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`connect ETIMEDOUT ${host}:${port} (${what} within ${timeoutMs} ms)`)
  return Object.assign(error, { code: 'ETIMEDOUT', syscall: 'connect', address: host, port })
}
