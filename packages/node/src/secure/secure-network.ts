import {
  type Address,
  HIGHEST_PROTOCOL,
  type Listener,
  LOWEST_PROTOCOL,
  type Logger,
  type Network,
  type Stream,
} from '@clowder/tribes'
import { nodeClock } from '../node-clock.js'
import { dialSocket, timeoutError } from '../node-dial.js'
import { nodeNetwork } from '../node-network.js'
import { AcceptBudget } from './accept-budget.js'
import type { Credentials } from './credentials.js'
import { Deadline } from './deadline.js'
import { clusterHash } from './greeting.js'
import { HalfOpenStreams } from './half-open-streams.js'
import { SecureListener } from './secure-listener.js'
import { SecureReport, type SecureStats } from './secure-report.js'
import { dialStream, type SecureSpeaker } from './secure-stream.js'

export interface SecureNetworkComponents {
  readonly credentials: Credentials
  readonly logger: Logger
  readonly joinMulticast: Network['joinMulticast']
}

export interface SecureNetworkOptions {
  readonly clusterName: string
  /**
   * An accepted connection must have greeted by then (ms).
   * @default 2000
   */
  readonly greetingTimeoutMs?: number
  /**
   * From the greeting to the end of the TLS handshake (ms).
   * @default 5000
   */
  readonly handshakeTimeoutMs?: number
  /**
   * Accepted connections that are not authenticated yet; above this the oldest of the address that has most gives way.
   * @default 64
   */
  readonly maxHalfOpen?: number
  /**
   * The same of one remote address; above this its oldest gives way.
   * @default 16
   */
  readonly maxHalfOpenPerAddress?: number
  /**
   * Accepted connections that are not secure, or not yet, from hosts where no member was found, a third of them from one host; from each host with a member as many. What is
   * above that in a twentieth of a second is closed unheard. Each that is heard costs about 0.25 ms of CPU, one that is not as little as Node can do.
   * @default 100; 60 with certificates, because who greets well has one handshake of a millisecond and a half
   */
  readonly maxStrangersPerSecond?: number
}

const DEFAULTS = {
  greetingTimeoutMs: 2000,
  handshakeTimeoutMs: 5000,
  maxHalfOpen: 64,
  maxHalfOpenPerAddress: 16,
  lowestProtocol: LOWEST_PROTOCOL,
  highestProtocol: HIGHEST_PROTOCOL,
}

const STRANGERS_PER_SECOND = { withSecret: 100, withCertificates: 60 }

/** What `inspect` shows of the security of connections. */
export interface SecureInspection extends SecureStats {
  /** Accepted connections that are not authenticated yet. */
  readonly halfOpen: number
  /** So many of them were pushed out by newer ones. */
  readonly gaveWay: number
}

export interface SecureNetwork extends Network {
  inspect(): SecureInspection
}

/**
 * The system's sockets, where a stream is only handed over, on either side, when its peer has proved that it belongs to the cluster and everything on it
 * is encrypted. None of them keeps the process open.
 */
export function secureNetwork(components: SecureNetworkComponents, given: SecureNetworkOptions): SecureNetwork {
  const { withSecret, withCertificates } = STRANGERS_PER_SECOND
  const maxStrangersPerSecond = components.credentials.keyIds.length > 0 ? withSecret : withCertificates
  return new SecureSockets(components, { ...DEFAULTS, maxStrangersPerSecond, ...given })
}

class SecureSockets implements SecureNetwork {
  readonly joinMulticast: Network['joinMulticast']
  readonly resolve = nodeNetwork.resolve
  readonly hostAddresses = nodeNetwork.hostAddresses
  readonly #speaker: SecureSpeaker
  readonly #options: Required<SecureNetworkOptions>
  readonly #report: SecureReport
  readonly #halfOpen: HalfOpenStreams
  readonly #budget: AcceptBudget

  constructor(components: SecureNetworkComponents, options: Required<SecureNetworkOptions> & typeof DEFAULTS) {
    const { credentials, logger, joinMulticast } = components
    const { lowestProtocol, highestProtocol } = options
    this.joinMulticast = joinMulticast
    this.#options = options
    this.#speaker = { credentials, lowestProtocol, highestProtocol, cluster: clusterHash(options.clusterName) }
    this.#report = new SecureReport({ clock: nodeClock, logger }, { clusterName: options.clusterName })
    this.#halfOpen = new HalfOpenStreams(options)
    this.#budget = new AcceptBudget(options)
  }

  inspect(): SecureInspection {
    return { ...this.#report.stats, halfOpen: this.#halfOpen.size, gaveWay: this.#halfOpen.gaveWay }
  }

  listen(address: Address, accept: (stream: Stream) => void): Promise<Listener> {
    const components = { speaker: this.#speaker, report: this.#report, halfOpen: this.#halfOpen, budget: this.#budget }
    return new SecureListener(components, this.#options, accept).open(address)
  }

  /** All of it within `timeoutMs`: the connection, the greetings and the handshake. */
  async connect(address: Address, timeoutMs: number): Promise<Stream> {
    const startedMs = nodeClock.now()
    const socket = await dialSocket(address, timeoutMs)
    const deadline = new Deadline(socket, () => timeoutError(address, timeoutMs, 'it was not secure'))
    deadline.set(timeoutMs - (nodeClock.now() - startedMs))
    try {
      const stream = await dialStream(
        socket.on('error', () => {}),
        address,
        this.#speaker,
      )
      this.#report.stats.dialled++
      this.#budget.proved(stream.remote.host)
      return stream
    } catch (error) {
      const reason = deadline.error ?? (error as Error)
      this.#report.failed(address, reason)
      throw reason
    } finally {
      deadline.clear()
    }
  }
}
