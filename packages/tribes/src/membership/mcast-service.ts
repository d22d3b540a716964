import { isTwin } from '../incarnation.js'
import type { Member } from '../member.js'
import { alignedDelayMs } from '../ports/aligned-delay.js'
import type { Clock, Timer } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import type { Address, DatagramRefusal, Network } from '../ports/network.js'
import type { Random } from '../ports/random.js'
import { ThrottledLog } from '../throttled-log.js'
import { type Datagram, decodeDatagram, encodeDatagram, isSealed, LONGEST_HEARTBEAT_BYTES } from '../wire/datagram.js'
import { DeafnessWatch } from './deafness-watch.js'
import { CannotJoinGroupError } from './errors.js'
import { checkAnnounceable, type McastOptions, type McastSettings, mcastSettings } from './mcast-options.js'
import { McastSocket } from './mcast-socket.js'
import type { MembershipListener, MembershipService } from './membership-service.js'
import { Repeat } from './repeat.js'

export interface McastServiceComponents {
  readonly clock: Clock
  readonly network: Network
  readonly random: Random
  readonly logger: Logger
  readonly listener: MembershipListener
}

export interface McastStats {
  readonly sent: number
  /** Failed sends and errors of the socket. */
  readonly errors: number
  readonly recoveries: number
  /** All datagrams, those counted below too. */
  readonly received: number
  /** Our own. */
  readonly echoes: number
  /** Of clusters with another name, or another secret. */
  readonly strangers: number
  readonly malformed: number
  /** They name a key of ours and were not sealed with it. */
  readonly forged: number
  /** Heard before: sent again by somebody who has recorded them, or doubled on the way. */
  readonly replayed: number
  /** Not looked at, because too many came that are none of ours. Those that the system dropped meanwhile are not among them. */
  readonly shed: number
}

const ANSWER_GAP_MS = 50
const DEAF_MS = 2000
const FLOOD_TOLD_EVERY_MS = 60_000
/** In a minute. Where they say that they are from is made up as easily as the rest. */
const MOST_STRANGERS_TOLD = 16

/**
 * Announces this member to a multicast group every `frequency`, and reports who else does (Tomcat's McastService). Costs one datagram of at most 1,200
 * bytes per heartbeat. A member that starts asks the others to answer at once, so that it knows them within milliseconds. What is said here is neither
 * encrypted nor signed: the network port does both where the cluster has a secret, and only what it has opened comes up. A heartbeat makes nobody a member (see
 * `MembershipListener`); without a secret whoever can write to the group can dismiss one.
 */
export class McastService implements MembershipService {
  readonly #components: McastServiceComponents
  readonly #settings: McastSettings
  readonly #socket: McastSocket
  readonly #strangersTold: ThrottledLog
  readonly #heartbeat: Repeat
  readonly #deafness: DeafnessWatch
  readonly #counts = { sent: 0, received: 0, echoes: 0, strangers: 0, malformed: 0, forged: 0, replayed: 0, shed: 0 }
  #starting: Promise<void> | undefined
  #local: Member | undefined
  #bornAtMs = 0
  #domain: string | undefined
  #payload: Uint8Array | undefined
  #answer: Timer | undefined
  #answeredAtMs = Number.NEGATIVE_INFINITY
  #floodToldAtMs = Number.NEGATIVE_INFINITY

  constructor(components: McastServiceComponents, options: McastOptions) {
    const settings = mcastSettings(options)
    const { clock } = components
    this.#components = components
    this.#settings = settings
    this.#domain = settings.domain
    this.#payload = settings.payload
    this.#socket = this.#newSocket()
    this.#strangersTold = new ThrottledLog(components, { mostTopics: MOST_STRANGERS_TOLD })
    this.#heartbeat = new Repeat(clock, () => this.#nextHeartbeatMs())
    this.#deafness = new DeafnessWatch(
      { clock, deaf: () => this.#warnDeaf() },
      { lookEveryMs: settings.soTimeout, deafAfterMs: Math.max(DEAF_MS, 4 * settings.frequency) },
    )
  }

  get stats(): McastStats {
    const { errors, recoveries } = this.#socket
    return { ...this.#counts, errors, recoveries }
  }

  /** Rejects when the group cannot be joined at all (a wrong `bind`, a system without sockets), or when the member does not fit a heartbeat. */
  start(local: Member): Promise<void> {
    this.#starting ??= this.#start(local).catch(error => {
      this.#starting = undefined
      this.#local = undefined
      throw error
    })
    return this.#starting
  }

  async stop(): Promise<void> {
    const starting = this.#starting
    if (!starting) return
    this.#starting = undefined
    await starting
    this.#heartbeat.stop()
    this.#deafness.stop()
    this.#answer?.cancel()
    this.#answer = undefined
    await this.#sayGoodbye()
    await this.#socket.close()
    this.#local = undefined
  }

  /** At another address the group is joined anew: the interface that it was joined on may be gone. */
  localChanged({ uniqueId, id, host, port, name }: Member): void {
    if (!this.#local) return
    const hasMoved = this.#local.host !== host
    this.#announceChange({ uniqueId, id, host, port, name })
    if (hasMoved) this.#socket.reopen()
  }

  /** At most 512 bytes; announced at once. */
  setPayload(payload: Uint8Array): void {
    this.#announceChange({ payload })
    this.#payload = payload
  }

  /** Announced at once. */
  setDomain(domain: string): void {
    this.#announceChange({ domain })
    this.#domain = domain
  }

  async #start(local: Member): Promise<void> {
    this.#local = { ...local, domain: this.#domain ?? local.domain, payload: this.#payload ?? local.payload }
    checkAnnounceable(this.#local)
    this.#bornAtMs = this.#components.clock.now() - local.aliveMs
    await this.#join()
    if (!this.#settings.localLoopbackDisabled) this.#deafness.start()
    this.#heartbeat.start(() => this.#announce())
    await this.#send(this.#question())
  }

  async #join(): Promise<void> {
    try {
      await this.#socket.open()
    } catch (error) {
      throw new CannotJoinGroupError(this.#settings.address, this.#settings.bind, error as Error)
    }
  }

  // ── what is said ──

  #announce(): void {
    void this.#send(this.#datagram('alive'))
  }

  #announceChange(change: Partial<Member>): void {
    if (!this.#local) return
    const changed = { ...this.#local, ...change }
    checkAnnounceable(changed)
    this.#local = changed
    this.#announce()
  }

  /** Twice, because nobody asks for a goodbye that was lost; who misses both has to wait for `dropTime`. */
  async #sayGoodbye(): Promise<void> {
    await this.#send(this.#datagram('leave'))
    await this.#send(this.#datagram('leave'))
  }

  async #send(bytes: Uint8Array): Promise<void> {
    if (await this.#socket.send(bytes)) this.#counts.sent++
  }

  /** Everybody answers, so it is as long as the longest answer: nobody gets more out of us than he puts in. */
  #question(): Uint8Array {
    const question = new Uint8Array(LONGEST_HEARTBEAT_BYTES)
    question.set(this.#datagram('alive', { wantsAnswer: true }))
    return question
  }

  #datagram(type: Datagram['type'], { wantsAnswer = false } = {}): Uint8Array {
    const aliveMs = this.#components.clock.now() - this.#bornAtMs
    const { clusterName } = this.#settings
    return encodeDatagram({ type, wantsAnswer, clusterName, member: { ...this.#local!, aliveMs } })
  }

  #nextHeartbeatMs(): number {
    return alignedDelayMs(this.#components.clock, this.#settings.frequency)
  }

  // ── what is heard ──

  #heard(bytes: Uint8Array, from: Address): void {
    this.#counts.received++
    this.#deafness.heard()
    const datagram = this.#decode(bytes, from)
    if (!datagram) return
    if (datagram.clusterName !== this.#settings.clusterName) this.#counts.strangers++
    else if (this.#isEcho(datagram.member)) this.#counts.echoes++
    else this.#report(datagram, bytes.length)
  }

  /** The network port did not open it. Whatever came, this process is not deaf. */
  #refused(why: DatagramRefusal, from: Address): void {
    this.#counts.received++
    this.#deafness.heard()
    if (why === 'strange') return this.#strangerHeard(from)
    this.#counts[why]++
    if (why === 'shed') this.#warnOfFlood(from)
  }

  /** Once a minute of each address: it is everyday life, unless it is to be a member here, which nothing else would tell. */
  #strangerHeard(from: Address): undefined {
    this.#counts.strangers++
    const { address, port } = this.#settings
    this.#strangersTold.info(
      from.host,
      { group: address, port, from },
      `${from.host} sends heartbeats to ${address}:${port} that are made with another secret or with none, or for a cluster with another name. They are ignored. If it is to be a member here, give it the same secret and name.`,
    )
  }

  /** Once a minute. */
  #warnOfFlood(from: Address): void {
    const nowMs = this.#components.clock.now()
    if (nowMs - this.#floodToldAtMs < FLOOD_TOLD_EVERY_MS) return
    this.#floodToldAtMs = nowMs
    const { address, port } = this.#settings
    const { malformed, strangers, forged, replayed } = this.#counts
    this.#components.logger.warn(
      { group: address, port, from, malformed, strangers, forged, replayed },
      `Too many datagrams come to ${address}:${port} that are nobody's heartbeats, the last from ${from.host} (if that is true): for a part of each second none are looked at. ` +
        'Members that are connected stay members. One that starts meanwhile is found late, or at once where it is listed in membership.members.',
    )
  }

  /** Our own words; the same incarnation at another address is somebody else. */
  #isEcho(member: Member): boolean {
    return member.id === this.#local?.id && !isTwin(this.#local, member)
  }

  #decode(bytes: Uint8Array, from: Address): Datagram | undefined {
    try {
      return decodeDatagram(bytes)
    } catch (error) {
      if (isSealed(bytes)) return this.#strangerHeard(from)
      this.#counts.malformed++
      this.#components.logger.debug({ err: error, from }, `Not a heartbeat, from ${from.host}:${from.port}.`)
      return undefined
    }
  }

  /** Whoever asks with less than the longest answer is not answered before our next heartbeat. */
  #report({ type, wantsAnswer, member }: Datagram, bytes: number): void {
    if (wantsAnswer && bytes >= LONGEST_HEARTBEAT_BYTES) this.#answerSoon()
    if (type === 'alive') this.#components.listener.memberAnnounced(member)
    else this.#components.listener.memberLeft(member)
  }

  /** At once, but once per 50 ms: one answer serves all who ask meanwhile, and nobody can make us shout. Not while we are leaving. */
  #answerSoon(): void {
    if (this.#answer || !this.#starting) return
    const waitMs = this.#answeredAtMs + ANSWER_GAP_MS - this.#components.clock.now()
    if (waitMs <= 0) this.#answerNow()
    else this.#answer = this.#components.clock.setTimer(waitMs, () => this.#answerNow())
  }

  #answerNow(): void {
    this.#answer = undefined
    this.#answeredAtMs = this.#components.clock.now()
    this.#announce()
  }

  /** The system returns our own datagrams where multicast works. Where not even they come back, people must be told, because nothing else fails. */
  #warnDeaf(): void {
    const { address, port, bind } = this.#settings
    this.#components.logger.warn(
      { group: address, port, bind },
      `No heartbeat came back from ${address}:${port}, not even our own: multicast does not work here. List the other members in ` +
        'membership.members (host:port, or a DNS name that resolves to all of them), or set membership.bind to an interface that has multicast.',
    )
  }

  #newSocket(): McastSocket {
    const { address: group, port, bind, ttl, localLoopbackDisabled: loopbackDisabled } = this.#settings
    const { recoveryEnabled, recoveryCounter, recoverySleepTime: recoverySleepTimeMs } = this.#settings
    const multicast = { group, port, loopbackDisabled, ...(bind && { bind }), ...(ttl !== undefined && { ttl }) }
    return new McastSocket(
      {
        ...this.#components,
        received: (bytes, from) => this.#heard(bytes, from),
        refused: (why, from) => this.#refused(why, from),
        greeting: () => this.#question(),
      },
      { multicast, recoveryEnabled, recoveryCounter, recoverySleepTimeMs },
    )
  }
}
