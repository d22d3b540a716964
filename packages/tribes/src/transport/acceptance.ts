import { isNameOfDomain } from '../domain-name.js'
import { MalformedError } from '../errors.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Stream } from '../ports/network.js'
import type { ThrottledLog } from '../throttled-log.js'
import { type Frame, type Hello, HIGHEST_PROTOCOL, type RefusalReason } from '../wire/frame.js'
import { encodeFrame } from '../wire/frame-encoder.js'
import { type Admission, admissionOf } from './admission.js'
import type { TransportListener } from './channel-sender.js'
import { Connection, type ConnectionOwner } from './connection.js'
import { ConnectionClosedError, HandshakeTimeoutError } from './errors.js'
import type { LinkTable } from './link-table.js'
import type { TransportStats } from './transport-stats.js'

export interface AcceptanceComponents {
  readonly clock: Clock
  readonly stats: TransportStats
  readonly log: ThrottledLog
  readonly logger: Logger
  readonly links: LinkTable
  readonly listener: Pick<TransportListener, 'incarnationTaken'>
  /** The handshake is complete, refused or broken. */
  over(acceptance: Acceptance): void
}

/** What is a mistake, and what to do about it. */
const ADVICE: { readonly [R in RefusalReason]?: string } = {
  'other cluster': 'members of one cluster have the same name and protocol',
  'other protocol': 'members of one cluster have the same name and protocol',
  'other name': "with certificates a subject alternative name is the member's name, or the host at which it is reached",
  'other encryption':
    'give every member an interceptor that encrypts with the same key, at the same place among its interceptors, or none of them',
  'too many joins': 'let more of them join at a time (receiver.maxJoinsPerSecond) if so many really start',
}

/** Whoever says which hosts are accepted says why. */
function adviceOn(reason: RefusalReason, text: string): string | undefined {
  return reason === 'other host' ? text : ADVICE[reason]
}

/** The acceptor's half of a handshake: nothing but a HELLO is read, and not for longer than `helloTimeoutMs`. */
export class Acceptance implements ConnectionOwner {
  readonly #components: AcceptanceComponents
  readonly #connection: Connection
  readonly #timer: Timer
  #isRefused = false
  #isIntroduced = false

  constructor(stream: Stream, components: AcceptanceComponents, helloTimeoutMs: number) {
    this.#components = components
    this.#connection = new Connection({ ...components, stream }, this)
    this.#timer = components.clock.setTimer(helloTimeoutMs, () =>
      this.drop(new HandshakeTimeoutError(stream.remote, helloTimeoutMs)),
    )
  }

  drop(reason: Error): void {
    this.#connection.destroy(reason)
  }

  heard(): void {}
  drained(): void {}

  frameReceived(frame: Frame): void {
    if (this.#isRefused) return
    if (frame.type !== 'hello') throw new MalformedError(`a ${frame.type} before any hello`)
    const { links } = this.#components
    if (links.isOutdated(this.#connection)) return this.drop(new ConnectionClosedError('connections are made anew'))
    const { local, clusterName } = links
    const phase = links.get(frame.member.id)?.phase ?? 'idle'
    const known = links.known(frame.member.id)
    const { peerNames } = this.#connection
    const hostRefusal = links.hostRefusal(frame.member.host)
    this.#answer(frame, admissionOf(frame, { local, clusterName, phase, known, peerNames, hostRefusal }))
  }

  closed(_connection: Connection, reason: Error): void {
    this.#end()
    if (this.#isRefused) return
    this.#components.logger.debug(
      { err: reason, remote: this.#connection.remote },
      `a handshake did not end: ${reason.message}`,
    )
  }

  #answer(hello: Hello, admission: Admission): void {
    switch (admission.is) {
      case 'introduction':
        return this.#introduce(hello)
      case 'refused':
        return this.#refuse(hello, admission.reason, admission.text)
      case 'yielding':
        this.#refuse(hello, admission.reason, admission.text)
        return this.#components.listener.incarnationTaken()
      case 'welcome':
        if (!this.#components.links.mayJoin(hello.member.id))
          return this.#refuse(hello, 'too many joins', this.#tooMany)
        this.#end()
        this.#welcome(hello, false)
        this.#components.links.of(hello.member).attach(this.#connection, hello.member)
    }
  }

  /** Once: whoever asks again and again and does not read would have us keep all the answers. */
  #introduce(hello: Hello): void {
    if (this.#isIntroduced) throw new MalformedError('a second hello to nobody in particular')
    this.#isIntroduced = true
    this.#welcome(hello, true)
  }

  #welcome(hello: Hello, isIntroduction: boolean): void {
    const member = this.#components.links.local!
    const protocol = Math.min(HIGHEST_PROTOCOL, hello.highestProtocol)
    this.#connection.write([encodeFrame({ type: 'welcome', protocol, member, isIntroduction })])
  }

  /** The dialler is expected to close; until it does, the timer runs on, so that it cannot keep the stream either. */
  #refuse(hello: Hello, reason: RefusalReason, text: string): void {
    this.#isRefused = true
    this.#components.stats.handshakesRefused++
    this.#connection.write([encodeFrame({ type: 'refused', reason, text })])
    this.#connection.end(new ConnectionClosedError(`refused: ${reason}`))
    this.#log(hello, reason, text)
    if (reason === 'duplicate') this.#components.links.get(hello.member.id)?.probe()
  }

  get #tooMany(): string {
    return `more than ${this.#components.links.maxJoinsPerSecond} new members a second have come here for a minute`
  }

  #end(): void {
    this.#timer.cancel()
    this.#components.over(this)
  }

  /** Two clusters on one network, or two versions, are a mistake somebody must hear of; the other refusals are everyday life. */
  #log(hello: Hello, reason: RefusalReason, text: string): void {
    const { host } = this.#connection.remote
    const fields = {
      remote: this.#connection.remote,
      member: hello.member.name,
      clusterName: hello.clusterName,
      reason,
    }
    const sentence = `refused ${hello.member.name} at ${host} (${reason})`
    const advice = this.#isExpected(reason) ? undefined : adviceOn(reason, text)
    if (advice) {
      this.#components.log.warn(`refused ${host} ${reason}`, fields, `${sentence}; ${advice}`)
    } else {
      this.#components.logger.debug(fields, sentence)
    }
  }

  #isExpected(reason: RefusalReason): boolean {
    return reason === 'other cluster' && isNameOfDomain(this.#components.links.clusterName)
  }
}
