import { constants } from 'node:crypto'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { ConnectionClosedError } from '@clowder/tribes'

/** What both ends said before TLS: it goes into the handshake, which fails when they did not hear the same. */
export interface Transcript {
  readonly dialler: Buffer
  readonly acceptor: Buffer
  readonly chosenKeyId: string | undefined
}

export interface SecuredSocket {
  readonly socket: TLSSocket
  /** With certificates: whom the peer's one is for. */
  readonly peerNames?: readonly string[]
}

/** How a member proves itself, and has the peer prove itself: by the secret that both have, or by certificates. */
export interface Credentials {
  /** As greeted; none with certificates. Always as of now: secrets change at run time. */
  readonly keyIds: readonly string[]
  /** Both resolve when the peer is authenticated, and reject when it is not; the caller destroys the socket when they take too long. */
  accepted(socket: Socket, transcript: Transcript): Promise<SecuredSocket>
  dialled(socket: Socket, transcript: Transcript): Promise<SecuredSocket>
}

/** TLS 1.3 without session tickets: a secret that was removed must not live on in one. */
export const TLS_1_3 = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  secureOptions: constants.SSL_OP_NO_TICKET,
} as const

/** Resolves at `event`, rejects when the socket closes before. */
export function completed(socket: TLSSocket, event: 'secure' | 'secureConnect'): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    let failure: Error = new ConnectionClosedError('the connection was closed')
    const failed = (error: Error) => {
      failure = error
    }
    const closed = () => reject(failure)
    // What is listened to for good: an error without a listener would end the process, and one of an accepted socket is told here only and closes nothing.
    socket.on('error', failed).on('_tlsError', (error: Error) => socket.destroy(error))
    socket.once('close', closed)
    socket.once(event, () => {
      socket.off('close', closed)
      resolve(socket)
    })
  })
}
