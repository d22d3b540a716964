import { hkdfSync } from 'node:crypto'
import type { Socket } from 'node:net'
import { connect, createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { type Credentials, completed, type SecuredSocket, TLS_1_3, type Transcript } from './credentials.js'
import type { Keyring } from './keyring.js'
import { KeyRemovedError } from './keyring-errors.js'

const PSK_BYTES = 32
/** The key is named by the greetings already. */
const IDENTITY = 'clowder'
/** OpenSSL takes an external key for SHA-256 only. */
const SUITES = 'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256'

/**
 * TLS 1.3 with a pre-shared key and a fresh key exchange (ECDHE): mutual, without certificates, and what was recorded stays secret when the secret is
 * stolen later. There is no certificate on either side, so a handshake without the key cannot succeed.
 */
export class SecretCredentials implements Credentials {
  readonly #keyring: Keyring
  #context: SecureContext | undefined

  constructor(keyring: Keyring) {
    this.#keyring = keyring
  }

  get keyIds(): readonly string[] {
    return this.#keyring.keys.map(({ id }) => id)
  }

  async accepted(socket: Socket, transcript: Transcript): Promise<SecuredSocket> {
    const psk = this.#keyOf(transcript)
    const options = { isServer: true, secureContext: this.#secureContext(), pskCallback: () => psk }
    return this.#stillKeyed(await completed(new TLSSocket(socket, options), 'secure'), transcript)
  }

  async dialled(socket: Socket, transcript: Transcript): Promise<SecuredSocket> {
    const psk = this.#keyOf(transcript)
    const secured = connect({
      socket,
      secureContext: this.#secureContext(),
      pskCallback: () => ({ psk, identity: IDENTITY }),
      checkServerIdentity: () => new Error('a certificate in place of the secret'),
    })
    return this.#stillKeyed(await completed(secured, 'secureConnect'), transcript)
  }

  /** Of the secret and both greetings: two ends that heard different greetings have different keys. */
  #keyOf({ dialler, acceptor, chosenKeyId }: Transcript): Buffer {
    const key = chosenKeyId === undefined ? undefined : this.#keyring.find(chosenKeyId)
    if (!key) throw new KeyRemovedError(chosenKeyId ?? '')
    const salt = Buffer.concat([dialler, acceptor])
    return Buffer.from(hkdfSync('sha256', key.derive('stream'), salt, 'clowder/1\0psk', PSK_BYTES))
  }

  /** A handshake takes its time, in which the secret may have been removed. */
  #stillKeyed(socket: TLSSocket, transcript: Transcript): SecuredSocket {
    if (this.#keyring.find(transcript.chosenKeyId!)) return keyed(socket)
    socket.destroy()
    throw new KeyRemovedError(transcript.chosenKeyId!)
  }

  /** One for all connections: making one takes a third of a millisecond, which a flood would have of us each time. */
  #secureContext(): SecureContext {
    this.#context ??= createSecureContext({ ...TLS_1_3, ca: [], ciphers: SUITES })
    return this.#context
  }
}

/** To TLS 1.3 a pre-shared key is a session resumed. Without tickets and certificates nothing else is possible; should that ever change, this is where it is noticed. */
function keyed(socket: TLSSocket): SecuredSocket {
  if (socket.isSessionReused()) return { socket }
  socket.destroy()
  throw new Error('a handshake without the secret')
}
