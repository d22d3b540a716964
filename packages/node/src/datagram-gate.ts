import type { Socket } from 'node:dgram'

const ANY_PORT = 9

/**
 * Lets a UDP socket hear nothing for a while, at no cost: connected to the group, it gets nothing but what comes from the group's own address, from which no
 * packet can come, and the kernel drops all else before this process is woken. (Node can stop reading a stream, not a datagram socket; leaving the group does not help while another process of the host is in it.)
 * What is in the socket's buffer by then is still read. Nothing can be sent meanwhile.
 *
 * Not to some address of loopback: on Linux the socket keeps, as the sender of all that it sends later, the address from which that peer is reached. From the group's
 * it is the one that is used anyway, as long as the host has it; after that, sending fails, and the socket is opened anew as after any failure.
 */
export class DatagramGate {
  readonly #socket: Socket
  readonly #group: string
  /** Whether the system can do it; undefined while it is open. */
  #closed: Promise<boolean> | undefined

  constructor(socket: Socket, group: string) {
    this.#socket = socket
    this.#group = group
  }

  close(): void {
    this.#closed ??= new Promise(resolve => {
      this.#socket.connect(ANY_PORT, this.#group, (error?: Error) => resolve(!error))
    })
  }

  async open(): Promise<void> {
    const closed = this.#closed
    if (!closed) return
    const isConnected = await closed
    if (this.#closed !== closed) return
    this.#closed = undefined
    if (isConnected) this.#socket.disconnect()
  }

  /** The socket closes. */
  forget(): void {
    this.#closed = undefined
  }
}
