import type { Socket } from 'node:net'
import type { Address, Listener, Logger, Network, Stream, StreamHandlers } from '@clowder/tribes'
import { nodeClock } from '../node-clock.js'
import { dialSocket } from '../node-dial.js'
import { listenForSockets } from '../node-listener.js'
import { nodeNetwork } from '../node-network.js'
import { addressOf, NodeStream } from '../node-stream.js'
import { decodeGreeting, encodeGreeting } from './greeting.js'
import { NotSecuredError, StreamRefusedError } from './secure-errors.js'
import { SecureReport } from './secure-report.js'

/** A member that restarts closes a connection once; one that has a secret does so each time. */
const TELLING_CLOSES = 2
const MOST_ADDRESSES = 256

export interface PlainNetworkOptions {
  /**
   * Others are not dialled.
   * @default every host
   */
  readonly acceptsHost?: (host: string) => boolean
}

/** The system's sockets for a member without a secret: the same as `nodeNetwork`, but a member with a secret is told apart and both sides say so. */
export function plainNetwork(
  { logger }: { readonly logger: Logger },
  { acceptsHost = () => true }: PlainNetworkOptions = {},
): Network {
  const acquaintance = new Acquaintance(new SecureReport({ clock: nodeClock, logger }))
  const accepting = (accept: (stream: Stream) => void) => (socket: Socket) => {
    const remote = addressOf(socket.remoteAddress, socket.remotePort)
    accept(new PlainStream(socket, { greeted: () => acquaintance.refused(socket, remote), wordless() {}, spoke() {} }))
  }
  return {
    ...nodeNetwork,
    listen: (address: Address, accept: (stream: Stream) => void): Promise<Listener> =>
      listenForSockets(address, accepting(accept)),
    connect: async (address: Address, timeoutMs: number): Promise<Stream> => {
      if (!acceptsHost(address.host)) throw new NotSecuredError(address, 'elsewhere')
      return new PlainStream(await dialSocket(address, timeoutMs), acquaintance.at(address))
    },
  }
}

/** What the first moment of a stream has shown of the other end. */
interface FirstMoment {
  /** It greeted as a member with a secret does. */
  greeted(): void
  /** It closed, and had not said a word. */
  wordless(): void
  spoke(): void
}

class PlainStream extends NodeStream {
  readonly #first: FirstMoment
  /** By us: then the silence of the other end says nothing. */
  #isGivenUp = false

  constructor(socket: Socket, first: FirstMoment) {
    super(socket)
    this.#first = first
  }

  override open(handlers: StreamHandlers): void {
    let isFirst = true
    const first = (bytes: Uint8Array) => {
      isFirst = false
      if (decodeGreeting(bytes as Buffer)?.verdict === 'dialler') return this.#first.greeted()
      this.#first.spoke()
      handlers.data(bytes)
    }
    super.open({
      data: bytes => (isFirst ? first(bytes) : handlers.data(bytes)),
      drained: () => handlers.drained(),
      closed: error => {
        if (isFirst && !this.#isGivenUp) this.#first.wordless()
        handlers.closed(error)
      },
    })
  }

  override destroy(error?: Error): void {
    this.#isGivenUp = true
    super.destroy(error)
  }
}

/** Who has hung up on us without a word, and how often in a row. */
class Acquaintance {
  readonly #report: SecureReport
  readonly #closes = new Map<string, number>()

  constructor(report: SecureReport) {
    this.#report = report
  }

  /** An acceptor's answer to a greeting; it is as long as the question. */
  refused(socket: Socket, remote: Address): void {
    const none = { lowestProtocol: 0, highestProtocol: 0, cluster: '', keyIds: [] }
    socket.write(encodeGreeting({ ...none, verdict: 'no secret here' }))
    socket.destroySoon()
    this.#report.failed(remote, new StreamRefusedError(remote, 'no secret here', true))
  }

  at(address: Address): FirstMoment {
    const key = `${address.host}:${address.port}`
    return { greeted() {}, wordless: () => this.#wordless(key, address), spoke: () => void this.#closes.delete(key) }
  }

  #wordless(key: string, address: Address): void {
    const closes = (this.#closes.get(key) ?? 0) + 1
    if (this.#closes.size >= MOST_ADDRESSES) this.#closes.clear()
    this.#closes.set(key, closes)
    if (closes >= TELLING_CLOSES) this.#report.failed(address, new NotSecuredError(address, 'here'))
  }
}
