import type { Socket } from 'socket.io'
import type { Cluster } from '../../cluster/cluster.js'
import { SessionEndings } from './session-endings.js'

/** Ids that sessions had before: longer than it takes to connect. */
const MAX_FORMER_IDS = 1_000

/** The sockets of this node by their session's id: what there is to close when it ends. */
export class SessionSockets {
  readonly #sockets = new Map<string, Set<Socket>>()
  readonly #formerIds = new Set<string>()

  constructor(cluster: Cluster) {
    new SessionEndings(cluster, (id, isRenamed) => (isRenamed ? this.#reconnect(id) : this.#disconnect(id)))
  }

  /** The session ended while the socket was being connected. */
  sendAway(id: string, socket: Socket): void {
    if (this.#formerIds.has(id)) socket.conn.close()
    else socket.disconnect(true)
  }

  /** Who has been sent away by the time that this is called will not tell of it again. */
  add(id: string, socket: Socket): void {
    if (!socket.connected) return
    const sockets = this.#sockets.get(id) ?? new Set()
    this.#sockets.set(id, sockets.add(socket))
    socket.once('disconnect', () => {
      sockets.delete(socket)
      if (sockets.size === 0) this.#sockets.delete(id)
    })
  }

  /** The client is told, and does not come back by itself. */
  #disconnect(id: string): void {
    for (const socket of this.#take(id)) socket.disconnect(true)
  }

  /** To the client it looks like a network that fails: it comes back, with the cookie that it has by then. */
  #reconnect(id: string): void {
    this.#formerIds.add(id)
    const [oldest] = this.#formerIds
    if (this.#formerIds.size > MAX_FORMER_IDS) this.#formerIds.delete(oldest!)
    for (const socket of this.#take(id)) socket.conn.close()
  }

  #take(id: string): Iterable<Socket> {
    return [...(this.#sockets.get(id) ?? [])]
  }
}
