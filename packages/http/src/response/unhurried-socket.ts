import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

const NODES = Symbol('clowder.destroy')

interface UnhurriedSocket extends Socket {
  [NODES](error?: Error): this
  /** Node's own: the answer that may write to it. */
  readonly _httpMessage?: ServerResponse | null
}

/**
 * Who throws after having answered has his connection destroyed, by Express for one: what Node has been given is on its way by then, and reaches the client. What waits for its session does so too: the connection goes when it
 * has been given to Node. `whenSent` takes what is to be done then, or says that this answer does not wait. Once for a connection.
 */
export function destroyUnhurriedly(
  socket: Socket | null,
  whenSent: (res: ServerResponse, destroy: () => void) => boolean,
): void {
  if (!socket || NODES in socket) return
  const unhurried = socket as UnhurriedSocket
  unhurried[NODES] = unhurried.destroy
  unhurried.destroy = function (this: UnhurriedSocket, error?: Error) {
    const { _httpMessage: res } = this
    const destroy = () => void this[NODES]()
    const isLater = error === undefined && this.writable && res && whenSent(res, destroy)
    return isLater ? this : this[NODES](error)
  }
}
