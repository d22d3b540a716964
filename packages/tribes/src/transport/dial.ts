import { MalformedError } from '../errors.js'
import type { Member } from '../member.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Address, Network, Stream } from '../ports/network.js'
import type { ThrottledLog } from '../throttled-log.js'
import { type Frame, HIGHEST_PROTOCOL, LOWEST_PROTOCOL, type Welcome } from '../wire/frame.js'
import { encodeFrame } from '../wire/frame-encoder.js'
import { Connection, type ConnectionOwner } from './connection.js'
import { ConnectionClosedError, HandshakeRefusedError, HandshakeTimeoutError, TransportStoppedError } from './errors.js'
import type { PendingDial } from './link.js'
import { isNamed } from './peer-names.js'
import type { TransportStats } from './transport-stats.js'

export interface DialComponents {
  readonly network: Network
  readonly clock: Clock
  readonly stats: TransportStats
  readonly log: ThrottledLog
  /** Undefined: we are stopping. */
  localMember(): Member | undefined
}

export interface DialTarget {
  readonly address: Address
  /** Undefined: whoever is there. */
  readonly expected: Member | undefined
  readonly clusterName: string
  readonly connectTimeoutMs: number
  readonly helloTimeoutMs: number
}

/** Exactly one of `welcomed` and `failed` is called, once, unless the dial was abandoned. */
export interface DialObserver {
  /** An unknown address turned out to be this member. True: go on and connect to it; false: knowing it was enough, and the dial is over. */
  introduced(member: Member, dial: Dial): boolean
  welcomed(connection: Connection, member: Member): void
  failed(error: Error): void
}

/** The answer is to an incarnation that we have given up meanwhile. */
const NOT_US = 'this process has taken another incarnation'

/**
 * One attempt to reach a member, or an address: connect, HELLO, WELCOME. An address whose member is unknown takes two HELLOs on one stream: the first asks
 * who is there, so that only the second, which names the member, can compete with a dial in the other direction.
 */
export class Dial implements PendingDial, ConnectionOwner {
  readonly #components: DialComponents
  readonly #target: DialTarget
  readonly #observer: DialObserver
  #expected: Member | undefined
  #connection: Connection | undefined
  #isOver = false
  #isGreeting = false
  /** The incarnation in our HELLO. */
  #greetedAs: string | undefined
  #timer: Timer | undefined

  constructor(components: DialComponents, target: DialTarget, observer: DialObserver) {
    this.#components = components
    this.#target = target
    this.#observer = observer
    this.#expected = target.expected
  }

  get isGreeting(): boolean {
    return this.#isGreeting
  }

  get isOver(): boolean {
    return this.#isOver
  }

  start(): void {
    const { address, connectTimeoutMs } = this.#target
    this.#components.stats.dials++
    this.#components.network.connect(address, connectTimeoutMs).then(
      stream => this.#connected(stream),
      error => this.#fail(error),
    )
  }

  abandon(): void {
    if (this.#isOver) return
    this.#end()
    this.#connection?.destroy(new ConnectionClosedError('the dial was given up'))
  }

  heard(): void {}
  drained(): void {}

  frameReceived(frame: Frame, connection: Connection): void {
    if (this.#isOver) return
    if (this.#components.localMember()?.id !== this.#greetedAs) return this.#fail(new ConnectionClosedError(NOT_US))
    if (frame.type === 'welcome') this.#welcomed(frame, connection)
    else if (frame.type === 'refused')
      this.#fail(new HandshakeRefusedError(this.#target.address, frame.reason, frame.text))
    else throw new MalformedError(`a ${frame.type} before the handshake was complete`)
  }

  closed(_connection: Connection, reason: Error): void {
    this.#fail(reason)
  }

  #connected(stream: Stream): void {
    if (this.#isOver) return stream.destroy()
    const { address, helloTimeoutMs } = this.#target
    this.#connection = new Connection({ ...this.#components, stream }, this)
    this.#timer = this.#components.clock.setTimer(helloTimeoutMs, () =>
      this.#fail(new HandshakeTimeoutError(address, helloTimeoutMs)),
    )
    this.#greet(this.#connection)
  }

  #greet(connection: Connection): void {
    const local = this.#components.localMember()
    if (!local) return this.#fail(new TransportStoppedError())
    this.#isGreeting = this.#expected !== undefined
    this.#greetedAs = local.id
    connection.write([
      encodeFrame({
        type: 'hello',
        lowestProtocol: LOWEST_PROTOCOL,
        highestProtocol: HIGHEST_PROTOCOL,
        clusterName: this.#target.clusterName,
        expected: this.#expected?.uniqueId,
        member: local,
      }),
    ])
  }

  #welcomed({ protocol, member, isIntroduction }: Welcome, connection: Connection): void {
    if (protocol < LOWEST_PROTOCOL || protocol > HIGHEST_PROTOCOL)
      throw new MalformedError(`a welcome in protocol ${protocol}, which was not offered`)
    if (!isNamed(connection.peerNames, member, this.#target.address.host))
      return this.#fail(new HandshakeRefusedError(this.#target.address, 'other name', wrongCertificate(member)))
    if (isIntroduction !== (this.#expected === undefined))
      throw new MalformedError('a welcome that answers no hello of ours')
    if (isIntroduction) return this.#introduced(member, connection)
    if (member.id !== this.#expected!.id)
      throw new MalformedError('a welcome from another member than the one that was dialled')
    this.#end()
    this.#observer.welcomed(connection, member)
  }

  #introduced(member: Member, connection: Connection): void {
    this.#expected = member
    if (this.#observer.introduced(member, this)) return this.#greet(connection)
    this.abandon()
  }

  #fail(error: Error): void {
    if (this.#isOver) return
    this.#end()
    this.#components.stats.dialsFailed++
    this.#connection?.destroy(error)
    this.#observer.failed(error)
  }

  #end(): void {
    this.#isOver = true
    this.#isGreeting = false
    this.#timer?.cancel()
  }
}

function wrongCertificate({ name, host }: Member): string {
  return `it says that it is ${name} at ${host}, and its certificate is for neither`
}
