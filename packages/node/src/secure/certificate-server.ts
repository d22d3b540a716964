import type { Socket } from 'node:net'
import { createServer, type Server, type TLSSocket, type TlsOptions } from 'node:tls'

interface Handshake {
  resolve(secured: TLSSocket): void
  reject(error: Error): void
}

/**
 * The acceptor's half of mutual TLS, for sockets that somebody else has accepted: one server, which never listens, for all of them. Making one means reading the certificates
 * again, which a flood would have of us for each connection.
 *
 * It takes whatever application protocol the dialler names, because each connection has one of its own; the caller compares `alpnProtocol`.
 */
export class CertificateServer {
  readonly #server: Server
  /** By the peer's address and port. */
  readonly #handshakes = new Map<string, Handshake>()

  /** Throws what OpenSSL finds wrong with the certificates. */
  constructor(options: TlsOptions) {
    const ALPNCallback = ({ protocols }: { protocols: string[] }) => protocols[0]
    this.#server = createServer({ ...options, ALPNCallback, requestCert: true, rejectUnauthorized: false })
      .on('secureConnection', socket => this.#handshakes.get(peerOf(socket))?.resolve(socket.on('error', () => {})))
      .on('tlsClientError', (error, socket) => this.#handshakes.get(peerOf(socket))?.reject(error))
  }

  /** Whether the peer's certificate is accepted is in `authorized`. Rejects when there is no handshake, or the socket closes before. */
  secured(socket: Socket): Promise<TLSSocket> {
    const peer = peerOf(socket)
    const handshake = new Promise<TLSSocket>((resolve, reject) => {
      this.#handshakes.set(peer, { resolve, reject })
      socket.once('close', () => reject(new Error('the connection was closed')))
      this.#server.emit('connection', socket)
    })
    return handshake.finally(() => this.#handshakes.delete(peer))
  }
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
