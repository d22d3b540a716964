import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Address } from '@clowder/tribes'

/** Gets each chunk on its way, and whoever is to have it; what it does not pass on is lost. `direction`: whose words they are. */
export type Meddler = (bytes: Buffer, target: Socket, direction: 'dialler' | 'acceptor') => void

/** Somebody on the way to `target`, who hears everything and passes on what it likes. */
export class ManInTheMiddle {
  readonly address: Address
  /** Everything that was said through it. */
  readonly heard: { direction: 'dialler' | 'acceptor'; bytes: Buffer }[] = []
  readonly #close: () => void

  static async before(target: Address, meddle: Meddler = (bytes, to) => void to.write(bytes)): Promise<ManInTheMiddle> {
    const sockets = new Set<Socket>()
    const server = createServer(dialler => {
      const acceptor = connect(target)
      const pass = (from: Socket, to: Socket, direction: 'dialler' | 'acceptor') =>
        from
          .on('data', bytes => {
            man.heard.push({ direction, bytes })
            meddle(bytes, to, direction)
          })
          .on('error', () => {})
          .on('close', () => to.destroySoon())
      sockets.add(pass(dialler, acceptor, 'dialler')).add(pass(acceptor, dialler, 'acceptor'))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const man = new ManInTheMiddle(server.address() as AddressInfo, () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    })
    return man
  }

  private constructor({ address, port }: AddressInfo, close: () => void) {
    this.address = { host: address, port }
    this.#close = close
  }

  saidBy(direction: 'dialler' | 'acceptor'): Buffer {
    return Buffer.concat(this.heard.filter(part => part.direction === direction).map(({ bytes }) => bytes))
  }

  close(): void {
    this.#close()
  }
}
