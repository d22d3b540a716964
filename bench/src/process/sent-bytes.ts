import { Socket as DatagramSocket } from 'node:dgram'
import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** All that this process hands to the network from now on: datagrams as they are, and what connections write, encrypted where they are. Without the headers of IP. */
export class SentBytes {
  readonly #sockets = new Set<Socket>()
  #ofDatagrams = 0
  #ofClosed = 0

  constructor() {
    subscribe('net.client.socket', message => this.#watch((message as { socket: Socket }).socket))
    subscribe('net.server.socket', message => this.#watch((message as { socket: Socket }).socket))
    const { send } = DatagramSocket.prototype
    const counted = (bytes: number) => {
      this.#ofDatagrams += bytes
    }
    DatagramSocket.prototype.send = function (this: DatagramSocket, ...args: unknown[]) {
      counted((args[0] as Uint8Array).length)
      return Reflect.apply(send, this, args)
    } as typeof send
  }

  get total(): number {
    let total = this.#ofDatagrams + this.#ofClosed
    for (const socket of this.#sockets) total += socket.bytesWritten
    return total
  }

  #watch(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => {
      this.#sockets.delete(socket)
      this.#ofClosed += socket.bytesWritten
    })
  }
}
