import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { CertificateServer } from './certificate-server.js'
import { type Credentials, completed, type SecuredSocket, TLS_1_3, type Transcript } from './credentials.js'
import { namesIn } from './names-in-certificate.js'

/** PEM, each; several certificates may stand in `ca` and, the own one first, in `cert`. */
export interface CertificateFiles {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** The acceptor's first byte on the secure connection: only it knows whether it accepts the dialler's certificate. */
const ACCEPTED = 1
const REFUSED = 0

/** Mutual TLS 1.3: both ends show a certificate of an authority that the other one knows, and a stream tells the names in its peer's. */
export class CertificateCredentials implements Credentials {
  readonly keyIds: readonly string[] = []
  readonly #files: CertificateFiles
  #server: CertificateServer | undefined
  #context: SecureContext | undefined

  constructor(files: CertificateFiles) {
    this.#files = files
  }

  async accepted(socket: Socket, transcript: Transcript): Promise<SecuredSocket> {
    this.#server ??= new CertificateServer({ ...this.#files, ...TLS_1_3 })
    const secured = ofTranscript(await this.#server.secured(socket), transcript)
    const reason = secured.authorized ? undefined : secured.authorizationError
    secured.write(Buffer.of(reason === undefined ? ACCEPTED : REFUSED))
    if (reason === undefined) return named(secured)
    secured.destroySoon()
    throw new Error(`its certificate is not accepted here (${reason})`)
  }

  async dialled(socket: Socket, transcript: Transcript): Promise<SecuredSocket> {
    this.#context ??= createSecureContext({ ...this.#files, ...TLS_1_3 })
    const options = { secureContext: this.#context, ALPNProtocols: [protocolOf(transcript)] }
    // Whose certificate it is to be is known when the member has said who it is: see Stream.peerNames.
    const secured = await completed(
      connect({ socket, ...options, checkServerIdentity: () => undefined }),
      'secureConnect',
    )
    if ((await firstByte(secured)) === ACCEPTED) return named(secured)
    secured.destroy()
    throw new Error("this member's certificate is not accepted there; the other one's log says why")
  }
}

/** The application protocol is part of the handshake: two ends that heard different greetings do not mean the same one. */
function protocolOf({ dialler, acceptor }: Transcript): string {
  return `clowder/1 ${createHash('sha256').update(dialler).update(acceptor).digest('base64url')}`
}

function ofTranscript(secured: TLSSocket, transcript: Transcript): TLSSocket {
  if (secured.alpnProtocol === protocolOf(transcript)) return secured
  secured.destroy()
  throw new Error('the greetings were changed on the way')
}

function named(socket: TLSSocket): SecuredSocket {
  return { socket, peerNames: namesIn(socket.getPeerX509Certificate()?.subjectAltName) }
}

function firstByte(socket: TLSSocket): Promise<number> {
  return new Promise((resolve, reject) => {
    const settled = () => socket.off('readable', read).off('end', closed).off('close', closed)
    const read = () => {
      const bytes: Buffer | null = socket.read(1)
      if (bytes === null) return
      settled()
      resolve(bytes[0]!)
    }
    const closed = () => {
      settled()
      reject(new Error('the connection was closed'))
    }
    socket.on('readable', read).once('end', closed).once('close', closed)
  })
}
