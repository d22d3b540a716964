import type { Above, Suspicion } from '../channel-interceptor.js'
import type { ChannelMessage } from '../channel-message.js'
import type { Delivery } from '../delivery.js'
import { isTwin, otherIncarnation } from '../incarnation.js'
import { type Member, member } from '../member.js'
import type { MembershipListener, MembershipService } from '../membership/membership-service.js'
import type { Address } from '../ports/network.js'
import type { AskTimeouts } from '../transport/channel-sender.js'
import type { UniqueId } from '../unique-id.js'
import type { GroupFrame } from '../wire/frame.js'
import { ChannelStoppedError, IncarnationChangedError, MemberGoneError } from './channel-errors.js'
import { type ChannelRun, memberAt, newChannelRun, type RunOwner } from './channel-run.js'
import type { ChannelCoordinatorComponents, ChannelCoordinatorOptions } from './coordinator-components.js'
import type { StackBottom } from './interceptor-stack.js'

/** For background questions to quiet members: an answer that takes longer is no sign of life to count on. */
const QUIET_ASK: AskTimeouts = { connectTimeoutMs: 1000, readTestTimeoutMs: 1000, performReadTest: true }

/** What a coordinator has noticed since it was started. */
export interface CoordinatorStats {
  /** This process stood still. */
  readonly stalls: number
  /** Another member heard one that this one doubted. */
  readonly vouches: number
  /** Members that are looked for. */
  readonly missing: number
}

/**
 * The bottom of the stack, and the only file that knows membership, sender and receiver. It keeps the list of who has been heard and turns what
 * the three report into events for the layers above; nobody is gone on its word alone, except by a goodbye.
 *
 *       memberAdded · memberSuspected · memberDisappeared · messageReceived ▲      │ sendMessage · ask · exclude
 *   ┌───────────────────────────────────────────────────────────────────────┴──────▼──┐
 *   │ ChannelCoordinator:  Membership list · SilenceWatch · Gossip · AddressBook        │
 *   └──┬ start/stop ─────────▲ announced, left, address ──────▲ heard, connected, … ────┘
 *   MembershipServices ──────┘          ChannelSender + ChannelReceiver
 */
export class ChannelCoordinator implements StackBottom, MembershipListener, RunOwner {
  readonly #components: ChannelCoordinatorComponents
  readonly #options: ChannelCoordinatorOptions
  #above!: Above
  #run: ChannelRun | undefined

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
    return this.#run ? this.#run.membership.size + this.#run.announced.count(this.#nowMs()) : 0
  }

  /** Who is there and not seen by this member, by id. */
  get hiddenMembers(): readonly string[] {
    return this.#run?.missing.recentlyMentioned(this.#nowMs()) ?? []
  }

  hasSaidGoodbye(id: string): boolean {
    return this.#run?.departed.has(id) ?? false
  }

  get stats(): CoordinatorStats {
    const run = this.#run
    return { stalls: run?.health.stalls ?? 0, vouches: run?.gossip.vouches ?? 0, missing: run?.missing.size ?? 0 }
  }

  /** Receiver first, because its port is part of the local member; membership last, because what is announced must be reachable. */
  async start(): Promise<void> {
    const run = newChannelRun(this.#components, this.#options, this)
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
    run.isStopping = true
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
    run.membership.asked(member.id, this.#nowMs())
    await run.sender.ask(member, timeouts)
    run.membership.touch(member.id, this.#nowMs())
  }

  exclude(member: Member, reason: Error): void {
    const run = this.#run
    if (!run) return
    const known = this.#remove(run, member.id)
    if (known) run.missing.lost(known.id, known, this.#nowMs())
    run.sender.expel(member, reason)
    this.#addressFreed(run, member)
  }

  // ── from the membership services ──

  /** A known member lives; an unknown one is dialled, and is a member when it is connected. */
  memberAnnounced(member: Member): void {
    const run = this.#run
    if (!run || !this.#isRoomFor(run, member)) return
    if (run.membership.get(member.id)) run.membership.heard(member, this.#nowMs())
    else run.announced.heard(member, this.#nowMs())
  }

  /** A goodbye comes once by datagram and once by connection; only the first is news. */
  memberLeft(member: Member): void {
    const run = this.#run
    if (!run || this.#isLocal(run, member.id)) return
    run.departed.add(member.id, this.#nowMs())
    run.missing.left(member.id)
    run.announced.forget(member.id)
    run.waiting.remove(member)
    const known = this.#remove(run, member.id)
    if (!known) return
    this.#above.memberDisappeared(known)
    run.sender.forget(known, new MemberGoneError(known, 'it said goodbye'))
    this.#addressFreed(run, known)
  }

  addressFound(address: Address): void {
    this.#run?.addresses.found(address)
  }

  // ── from the transport ──

  messageReceived(message: ChannelMessage): void | Promise<void> {
    return this.#above.messageReceived(message)
  }

  memberHeard(member: Member): void {
    if (!this.#run?.membership.touch(member.id, this.#nowMs())) this.#meet(member)
  }

  /** A known one is told of again: a layer that could not reach it may ask it now. */
  memberConnected(member: Member): void {
    const isKnown = this.#run?.membership.get(member.id) !== undefined
    this.#run?.membership.connected(member, this.#nowMs())
    this.#meet(member)
    if (isKnown) this.#above.memberAdded(member)
    this.#run?.membership.touch(member.id, this.#nowMs())
  }

  memberDisconnected(member: Member, _reason: Error): void {
    this.#run?.waiting.remove(member)
    this.suspect(member, 'connection-closed')
  }

  memberCaughtUp(member: Member): void {
    this.#above.memberCaughtUp(member)
  }

  memberExpelledUs(member: Member): void {
    this.#run?.waiting.remove(member)
    this.#run?.membership.expelledUs(member.id, this.#nowMs())
    this.suspect(member, 'connection-closed')
  }

  viewSeen(member: Member, view: number): void {
    this.#run?.gossip.viewSeen(member, view)
  }

  groupFrameReceived(member: Member, frame: GroupFrame): void {
    this.#run?.gossip.received(member, frame)
  }

  incarnationTaken(): void {
    if (this.#run?.local) this.#takeIncarnation(this.#run, this.#run.local, this.#run.local)
  }

  // ── from the parts of a run ──

  localMemberNow(): Member | undefined {
    const run = this.#run
    return run?.local && { ...run.local, aliveMs: this.#nowMs() - run.startedMs }
  }

  askQuiet(member: Member): Promise<void> {
    return this.ask(member, QUIET_ASK)
  }

  suspect(member: Member, suspicion: Suspicion): void {
    const known = this.#run?.membership.get(member.id)
    if (known) this.#above.memberSuspected(known, suspicion)
  }

  /** This host may have another address by now. */
  ticked(nowMs: number): void {
    const run = this.#run
    void run?.receiver.relocated?.(nowMs).then(address => address && this.#moved(run, address))
  }

  twinFound(twin: Address): void {
    const run = this.#run
    if (!run?.local) return
    const { id } = run.local
    this.incarnationTaken()
    // It may not have noticed, and nobody has our previous name any more for it to notice by: whoever had it tells it so when dialling.
    run.missing.mentioned(id, twin, this.#nowMs())
  }

  // ── private ──

  async #startParts(run: ChannelRun): Promise<void> {
    const { parts, receiver, sender } = run
    const address = await parts.add(receiver, () => receiver.start())
    run.local = this.#newLocalMember(run.uniqueId, address)
    await parts.add(sender, () => sender.start())
    run.silence.start()
    for (const service of this.#newServices()) {
      run.services.push(service)
      await parts.add(service, () => service.start(run.local!))
    }
  }

  #newServices(): MembershipService[] {
    const context = { listener: this, clusterName: this.#options.clusterName }
    return this.#components.membershipServices.map(make => make(context))
  }

  #newLocalMember(uniqueId: UniqueId, { host, port }: Address): Member {
    const { domain = '', payload = new Uint8Array(0) } = this.#options
    const name = this.#nameAt({ host, port })
    return member({ uniqueId, host, port, name, domain, payload, aliveMs: 0 })
  }

  #nameAt({ host, port }: Address): string {
    return this.#options.name ?? `${host}:${port}`
  }

  #nowMs(): number {
    return this.#components.clock.now()
  }

  /** A connection with it stands. */
  #meet(member: Member): void {
    const run = this.#run
    if (!run) return
    if (!this.#isRoomFor(run, member)) return void (this.#rivalOf(run, member) && run.waiting.add(member))
    run.announced.forget(member.id)
    if (run.membership.heard(member, this.#nowMs()) !== 'known') this.#above.memberAdded(member)
  }

  /** Whoever is connected and has waited for it need not say anything more. */
  #addressFreed(run: ChannelRun, address: Address): void {
    const waiting = run.waiting.take(address)
    if (waiting) this.#meet(waiting)
  }

  /** A newcomer at the address of a known member waits until that one has been asked. */
  #isRoomFor(run: ChannelRun, member: Member): boolean {
    if (run.departed.has(member.id)) return false
    if (this.#isLocal(run, member.id)) return this.#localAnnounced(run, member)
    if (this.#isOwnAddress(run, member)) return false
    run.missing.announced(member.id, this.#nowMs())
    const known = run.membership.get(member.id)
    if (known && isTwin(known, member)) return this.#twinAnnounced(run, member)
    const rival = this.#rivalOf(run, member)
    if (rival) this.suspect(rival, 'address-taken')
    return !rival || run.membership.get(rival.id) === undefined
  }

  #isLocal(run: ChannelRun, id: string): boolean {
    return run.local?.id === id
  }

  /** What this process said of itself under an incarnation that it has given up may still be on its way. */
  #isOwnAddress({ local }: ChannelRun, { host, port }: Address): boolean {
    return local?.host === host && local.port === port
  }

  #remove(run: ChannelRun, id: string): Member | undefined {
    run.gossip.forget(id)
    return run.membership.remove(id)
  }

  /** Another incarnation on the list, with the address of this one. */
  #rivalOf({ membership }: ChannelRun, member: Member): Member | undefined {
    return membership.get(member.id) ? undefined : memberAt(membership, member)
  }

  #localAnnounced({ local }: ChannelRun, announced: Member): false {
    if (local && isTwin(local, announced)) this.twinFound(announced)
    return false
  }

  /** Two others have one incarnation: the one that is not connected with us learns it when it is dialled. */
  #twinAnnounced({ announced }: ChannelRun, twin: Member): false {
    announced.dial(twin, this.#nowMs())
    return false
  }

  /** An incarnation has one address for life. What is said of the previous one is said of nobody. Whoever is about to leave does so as who it was: what waits is still sent. */
  #moved(run: ChannelRun, address: Address): void {
    const previous = run.local
    if (
      run !== this.#run ||
      run.isStopping ||
      !previous ||
      (previous.host === address.host && previous.port === address.port)
    )
      return
    run.departed.add(previous.id, this.#nowMs())
    this.#takeIncarnation(run, previous, address)
  }

  /**
   * Nobody is told goodbye, because it would be taken for the twin's. Every connection was made under the old incarnation: it goes, and each member is
   * asked, which makes a new one.
   */
  #takeIncarnation(run: ChannelRun, previous: Member, { host, port }: Address): void {
    const uniqueId = otherIncarnation(this.#components.random, { host, port })
    const local = member({ ...previous, host, port, name: this.#nameAt({ host, port }), uniqueId })
    run.local = local
    run.membership.renamed(local.id)
    run.sender.forgetAll(new IncarnationChangedError(previous, local), previous)
    run.waiting.clear()
    this.#above.incarnationChanged(local, previous)
    for (const service of run.services) service.localChanged?.(local)
    for (const known of run.membership.members()) this.suspect(known, 'connection-closed')
  }
}
