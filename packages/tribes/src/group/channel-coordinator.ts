import type { Above, Suspicion } from '../channel-interceptor.js'
import type { ChannelMessage } from '../channel-message.js'
import type { Delivery } from '../delivery.js'
import { type Member, member } from '../member.js'
import { Membership } from '../membership/membership.js'
import type { MembershipListener, MembershipService } from '../membership/membership-service.js'
import type { Address } from '../ports/network.js'
import type { AskTimeouts, TransportListener } from '../transport/channel-sender.js'
import { newUniqueId, type UniqueId, uniqueIdText } from '../unique-id.js'
import { AddressBook } from './address-book.js'
import { ChannelStoppedError, MemberGoneError } from './channel-errors.js'
import type { ChannelCoordinatorComponents, ChannelCoordinatorOptions, Transport } from './coordinator-components.js'
import { DepartedMembers } from './departed-members.js'
import type { StackBottom } from './interceptor-stack.js'
import { SilenceWatch } from './silence-watch.js'
import { StartedParts } from './started-parts.js'

/** For background questions to quiet members: an answer that takes longer is no sign of life to count on. */
const QUIET_ASK: AskTimeouts = { connectTimeoutMs: 1000, readTestTimeoutMs: 1000, performReadTest: true }
const DEPARTED_RETENTION_MS = 60_000

/** All that exists between one start and the next stop. */
interface Run extends Transport {
  readonly uniqueId: UniqueId
  readonly startedMs: number
  readonly membership: Membership
  readonly departed: DepartedMembers
  readonly addresses: AddressBook
  readonly silence: SilenceWatch
  readonly parts: StartedParts
  local: Member | undefined
}

/**
 * The bottom of the stack, and the only file that knows membership, sender and receiver. It keeps the list of who has been heard and turns what
 * the three report into events for the layers above; nobody is gone on its word alone, except by a goodbye.
 *
 *       memberAdded · memberSuspected · memberDisappeared · messageReceived ▲      │ sendMessage · ask · exclude
 *   ┌───────────────────────────────────────────────────────────────────────┴──────▼──┐
 *   │ ChannelCoordinator:  Membership list · SilenceWatch · AddressBook                 │
 *   └──┬ start/stop ─────────▲ announced, left, address ──────▲ heard, connected, … ────┘
 *   MembershipServices ──────┘          ChannelSender + ChannelReceiver
 */
export class ChannelCoordinator implements StackBottom, MembershipListener, TransportListener {
  readonly #components: ChannelCoordinatorComponents
  readonly #options: ChannelCoordinatorOptions
  #above!: Above
  #run: Run | undefined

  constructor(components: ChannelCoordinatorComponents, options: ChannelCoordinatorOptions) {
    this.#components = components
    this.#options = options
  }

  /** Called by the channel before `start`. */
  connect(above: Above): void {
    this.#above = above
  }

  /** This process as it was announced; undefined while the receiver is not bound. */
  get localMember(): Member | undefined {
    return this.#run?.local
  }

  get heardMembers(): number {
    return this.#run?.membership.members().length ?? 0
  }

  /** Receiver first, because its port is part of the local member; membership last, because what is announced must be reachable. */
  async start(): Promise<void> {
    const run = this.#newRun()
    this.#run = run
    try {
      await this.#startParts(run)
    } catch (error) {
      run.silence.stop()
      this.#run = undefined
      throw error
    }
  }

  /** Says goodbye; sends what is queued, as long as the sender's own bound allows. */
  async stop(): Promise<void> {
    const run = this.#run
    if (!run) return
    run.silence.stop()
    // The goodbye by datagram must not overtake what is still queued: who hears it closes the connection.
    await run.sender.stop()
    await run.parts.stop()
    this.#run = undefined
  }

  // ── down ──

  sendMessage(message: ChannelMessage, delivery: Delivery): void {
    if (this.#run) this.#run.sender.sendMessage(message, delivery)
    else for (const destination of delivery.destinations) delivery.failed(destination, new ChannelStoppedError())
  }

  async ask(member: Member, timeouts: AskTimeouts): Promise<void> {
    const run = this.#run
    if (!run) throw new ChannelStoppedError()
    await run.sender.ask(member, timeouts)
    run.membership.touch(member.id, this.#nowMs())
  }

  exclude(member: Member, reason: Error): void {
    this.#run?.membership.remove(member.id)
    this.#run?.sender.forget(member, reason)
  }

  // ── from the membership services ──

  /** A newcomer at the address of a known member waits until that one has been asked: its next heartbeat will find the address free. */
  memberAnnounced(member: Member): void {
    const run = this.#run
    if (!run || this.#isLocal(run, member.id) || run.departed.has(member.id)) return
    const rival = this.#rivalOf(run, member)
    if (rival) this.#suspect(rival, 'address-taken')
    if (rival && run.membership.get(rival.id)) return
    if (run.membership.heard(member, this.#nowMs()) !== 'known') this.#above.memberAdded(member)
  }

  /** A goodbye comes once by datagram and once by connection; only the first is news. */
  memberLeft(member: Member): void {
    const run = this.#run
    if (!run || this.#isLocal(run, member.id)) return
    run.departed.add(member.id, this.#nowMs())
    const known = run.membership.remove(member.id)
    if (!known) return
    this.#above.memberDisappeared(known)
    run.sender.forget(known, new MemberGoneError(known, 'it said goodbye'))
  }

  addressFound(address: Address): void {
    this.#run?.addresses.found(address)
  }

  // ── from the transport ──

  messageReceived(message: ChannelMessage): void | Promise<void> {
    return this.#above.messageReceived(message)
  }

  memberHeard(member: Member): void {
    if (!this.#run?.membership.touch(member.id, this.#nowMs())) this.memberAnnounced(member)
  }

  memberConnected(member: Member): void {
    this.memberAnnounced(member)
  }

  memberDisconnected(member: Member, _reason: Error): void {
    this.#suspect(member, 'connection-closed')
  }

  memberCaughtUp(member: Member): void {
    this.#above.memberCaughtUp(member)
  }

  // ── private ──

  #newRun(): Run {
    const uniqueId = newUniqueId(this.#components.random)
    const { frequency: frequencyMs = 500, dropTime: dropTimeMs = 3000, clusterName } = this.#options
    const membership = new Membership({ localId: uniqueIdText(uniqueId), dropTimeMs, frequencyMs })
    const { clock, logger, transport } = this.#components
    const { sender, receiver } = transport({ listener: this, clusterName, localMember: () => this.#localMemberNow() })
    return {
      sender,
      receiver,
      uniqueId,
      startedMs: clock.now(),
      membership,
      departed: new DepartedMembers({ retentionMs: DEPARTED_RETENTION_MS }),
      addresses: this.#newAddressBook(membership),
      silence: this.#newSilenceWatch(membership, frequencyMs),
      parts: new StartedParts({ logger }),
      local: undefined,
    }
  }

  #newAddressBook(membership: Membership): AddressBook {
    return new AddressBook({
      logger: this.#components.logger,
      dial: address => this.#run?.sender.dial(address) ?? Promise.reject(new ChannelStoppedError()),
      isPresent: id => id === this.#run?.local?.id || membership.get(id) !== undefined,
      isPresentAt: address => memberAt(membership, address) !== undefined,
    })
  }

  #newSilenceWatch(membership: Membership, frequencyMs: number): SilenceWatch {
    const { clock, logger } = this.#components
    return new SilenceWatch(
      { clock, logger, membership, ask: m => this.ask(m, QUIET_ASK), suspect: m => this.#suspect(m, 'silent') },
      { frequencyMs },
    )
  }

  async #startParts(run: Run): Promise<void> {
    const { parts, receiver, sender } = run
    const address = await parts.add(receiver, () => receiver.start())
    run.local = this.#newLocalMember(run.uniqueId, address)
    await parts.add(sender, () => sender.start())
    run.silence.start()
    for (const service of this.#newServices()) {
      const local = run.local
      await parts.add(service, () => service.start(local))
    }
  }

  #newServices(): MembershipService[] {
    const context = { listener: this, clusterName: this.#options.clusterName }
    return this.#components.membershipServices.map(make => make(context))
  }

  #newLocalMember(uniqueId: UniqueId, { host, port }: Address): Member {
    const { name = `${host}:${port}`, domain = '', payload = new Uint8Array(0) } = this.#options
    return member({ uniqueId, host, port, name, domain, payload, aliveMs: 0 })
  }

  #localMemberNow(): Member | undefined {
    const run = this.#run
    return run?.local && { ...run.local, aliveMs: this.#nowMs() - run.startedMs }
  }

  #nowMs(): number {
    return this.#components.clock.now()
  }

  #isLocal(run: Run, id: string): boolean {
    return run.local?.id === id
  }

  /** Another incarnation on the list, with the address of this one. */
  #rivalOf({ membership }: Run, member: Member): Member | undefined {
    return membership.get(member.id) ? undefined : memberAt(membership, member)
  }

  #suspect(member: Member, suspicion: Suspicion): void {
    const known = this.#run?.membership.get(member.id)
    if (known) this.#above.memberSuspected(known, suspicion)
  }
}

function memberAt(membership: Membership, { host, port }: Address): Member | undefined {
  return membership.members().find(member => member.host === host && member.port === port)
}
