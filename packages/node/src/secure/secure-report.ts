import { type Address, type Clock, isNameOfDomain, type Logger, ThrottledLog } from '@clowder/tribes'
import { NotSecuredError, StreamHandshakeError, StreamRefusedError } from './secure-errors.js'

/** What has become of connections before they were secure. Read it, do not write it. */
export interface SecureStats {
  /** Secure, by who dialled. */
  accepted: number
  dialled: number
  /** By us or by the peer, for a reason that both know. */
  refused: number
  /** What came first was no greeting. */
  notSecured: number
  handshakesFailed: number
  timedOut: number
  /** Closed by the peer, or pushed out, before anything was decided. */
  brokenOff: number
  /** Closed as soon as they came, because too many had come that were nobody's. */
  shed: number
}

/** Each such is told of, once a minute: members of one host that start at the same moment turn a few of each other away, and try again. */
const SHED_TO_TELL = 100

/**
 * Counts, and tells people. Two members that do not belong together dial each other again and again, in both directions: each says so once a minute, with
 * the reason and what to do.
 */
export class SecureReport {
  readonly stats: SecureStats = {
    accepted: 0,
    dialled: 0,
    refused: 0,
    notSecured: 0,
    handshakesFailed: 0,
    timedOut: 0,
    brokenOff: 0,
    shed: 0,
  }
  readonly #logger: Logger
  readonly #log: ThrottledLog
  readonly #clusterName: string

  constructor(
    components: { readonly clock: Clock; readonly logger: Logger },
    options: { readonly clusterName: string } = { clusterName: '' },
  ) {
    this.#clusterName = options.clusterName
    this.#logger = components.logger
    this.#log = new ThrottledLog(components)
  }

  /** The error that a connection ended with before it was secure. */
  failed(remote: Address, error: Error): void {
    if (error instanceof StreamRefusedError) this.#refused(remote, error)
    else if (error instanceof NotSecuredError) this.#notSecured(remote, error)
    else if (error instanceof StreamHandshakeError) this.#handshakeFailed(remote, error)
    else this.#brokenOff(remote, error)
  }

  /** A connection from `host` has pushed out an older one. */
  crowded(host: string): void {
    this.#log.warn(
      'crowded',
      { host },
      `more connections than receiver.maxHalfOpen, or of ${host} than maxHalfOpenPerAddress, are not authenticated yet; the oldest give way`,
    )
  }

  /** Somebody of a host of which too many have come. */
  shed(host: string): void {
    if (++this.stats.shed % SHED_TO_TELL !== 0) return
    this.#log.warn('shed', { host }, tooMany(host))
  }

  #refused(remote: Address, error: StreamRefusedError): void {
    this.stats.refused++
    if (error.reason === 'other cluster' && isNameOfDomain(this.#clusterName))
      return this.#logger.debug({ remote, reason: error.reason }, error.message)
    this.#log.warn(`refused ${remote.host} ${error.reason}`, { remote, reason: error.reason }, error.message)
  }

  #notSecured(remote: Address, error: NotSecuredError): void {
    this.stats.notSecured++
    this.#log.warn(`refused ${remote.host} no secret here`, { remote }, error.message)
  }

  #handshakeFailed(remote: Address, error: StreamHandshakeError): void {
    this.stats.handshakesFailed++
    if (error.isOrderly) return this.#logger.debug({ err: error, remote }, error.message)
    this.#log.warn(`handshake ${remote.host}`, { err: error, remote }, error.message)
  }

  /** Everyday life: a member stopped, somebody looked whether the port is open. */
  #brokenOff(remote: Address, error: Error): void {
    if ((error as NodeJS.ErrnoException).code === 'ETIMEDOUT') this.stats.timedOut++
    else this.stats.brokenOff++
    this.#logger.debug({ err: error, remote }, `a connection did not become secure: ${error.message}`)
  }
}

function tooMany(host: string): string {
  return `Too many connections come that do not become secure, the last from ${host}: for a part of each second those of that address are closed unheard. Members that are connected stay so; one that dials from there is let in when it tries again.`
}
