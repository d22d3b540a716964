import {
  AckTimeoutError,
  type ChannelMessage,
  type Clock,
  Delivery,
  type DeliveryGuarantee,
  type DeliveryObserver,
  type Member,
  MemberBehindError,
  member,
  newUniqueId,
  optionBits,
  type SendOptions,
  type Timer,
} from '@clowder/tribes'
import type { ClusterChannel, ClusterListener, ClusterMembershipListener } from '../../src/index.js'
import { Dice } from './dice.js'
import { VirtualTime } from './virtual-time.js'

/** What may happen to a message on its way. Probabilities from 0 to 1; times in ms. */
export interface LinkFaults {
  readonly delayMinMs: number
  readonly delayMaxMs: number
  readonly loss: number
  readonly duplication: number
}

const GOOD_LINK: LinkFaults = { delayMinMs: 1, delayMaxMs: 1, loss: 0, duplication: 0 }
/** When a member's acknowledgement has not come for so long, it has failed. */
const ACK_TIMEOUT_MS = 3_000

export interface NodeTimes {
  /** How far its wall clock is from the others'. */
  readonly skewMs?: number
}

/**
 * The channel without sockets: nodes that see each other, per-link FIFO with loss, delay and duplication from one seed, partitions, and members that
 * hang, refuse (their queue is full) or die. Bodies are handed over as views that are overwritten after the call.
 */
export class MemoryCluster {
  readonly time = new VirtualTime()
  readonly dice: Dice
  faults: LinkFaults = GOOD_LINK
  /** How long after the fact a partition, a heal, a death or a start is noticed. */
  noticeMinMs = 1
  noticeMaxMs = 1
  /** Set to look at, or (by answering false) to take away, a message on its way. */
  filter: (body: Uint8Array, source: MemoryChannel, target: MemoryChannel) => boolean = () => true
  messagesSent = 0
  bytesSent = 0
  readonly #nodes = new Map<string, MemoryChannel>()
  readonly #cuts = new Set<string>()
  readonly #freeAtMs = new Map<string, number>()
  readonly #views = new Map<string, number>()

  constructor(seed = 1) {
    this.dice = new Dice(seed)
  }

  node(name: string, times: NodeTimes = {}): MemoryChannel {
    return new MemoryChannel(this, name, times.skewMs ?? 0)
  }

  get nodes(): readonly MemoryChannel[] {
    return [...this.#nodes.values()]
  }

  find(id: string): MemoryChannel | undefined {
    return this.#nodes.get(id)
  }

  /** The node is up: it and the others notice each other. */
  joined(node: MemoryChannel): void {
    for (const other of this.nodes) this.#reconsider(node, other)
    this.#nodes.set(node.id, node)
  }

  left(node: MemoryChannel): void {
    this.#nodes.delete(node.id)
    for (const other of this.nodes) this.#reconsider(other, node)
  }

  cut(a: MemoryChannel, b: MemoryChannel): void {
    this.#cuts.add(linkOf(a, b)).add(linkOf(b, a))
    this.#reconsider(a, b)
  }

  heal(): void {
    this.#cuts.clear()
    const { nodes } = this
    for (const [i, a] of nodes.entries()) for (const b of nodes.slice(i + 1)) this.#reconsider(a, b)
  }

  isConnected(a: MemoryChannel, b: MemoryChannel): boolean {
    return this.#nodes.has(a.id) && this.#nodes.has(b.id) && !this.#cuts.has(linkOf(a, b))
  }

  /** One thing from `a` to `b`: `arrives` is called when it does. Things of one link arrive in the order in which they were sent. */
  carry(a: MemoryChannel, b: MemoryChannel, arrives: () => void): void {
    const { delayMinMs, delayMaxMs, loss, duplication } = this.faults
    const link = linkOf(a, b)
    const delayMs = this.dice.between(delayMinMs, delayMaxMs)
    if (this.dice.chance(loss)) return
    const atMs = Math.max(this.time.nowMs + delayMs, this.#freeAtMs.get(link) ?? 0)
    this.#freeAtMs.set(link, atMs)
    const copies = this.dice.chance(duplication) ? 2 : 1
    for (let n = 0; n < copies; n++) {
      this.time.after(atMs - this.time.nowMs, () => {
        if (!this.#cuts.has(link) && this.#nodes.has(b.id)) b.run(arrives)
      })
    }
  }

  /** Each side finds out by itself, and only the latest state of affairs counts. */
  #reconsider(a: MemoryChannel, b: MemoryChannel): void {
    for (const [viewer, seen] of [
      [a, b],
      [b, a],
    ] as const) {
      const view = linkOf(viewer, seen)
      const turn = (this.#views.get(view) ?? 0) + 1
      this.#views.set(view, turn)
      this.time.after(this.dice.between(this.noticeMinMs, this.noticeMaxMs), () => {
        if (this.#views.get(view) !== turn) return
        viewer.run(() => viewer.sees(seen, this.isConnected(viewer, seen)))
      })
    }
  }
}

function linkOf(a: MemoryChannel, b: MemoryChannel): string {
  return a.id + b.id
}

interface OpenDelivery {
  readonly delivery: Delivery
  readonly target: MemoryChannel
  isSettled: boolean
}

/** One incarnation of one node: its channel and its clock. */
export class MemoryChannel implements ClusterChannel {
  readonly name: string
  readonly clock: Clock
  /** By how much its wall clock is wrong; it may be set. */
  skewMs: number
  readonly random: Dice
  readonly #cluster: MemoryCluster
  readonly #member: Member
  readonly #listeners = new Set<ClusterListener>()
  readonly #observers = new Set<ClusterMembershipListener>()
  readonly #refused = new Set<string>()
  #members: readonly Member[] = []
  #open = new Set<OpenDelivery>()
  #lastNumber = 0
  #state: 'new' | 'up' | 'down' = 'new'
  /** While it hangs: what it would have done. */
  #held: (() => void)[] | undefined
  /** Errors that listeners threw at messages nobody waited for. */
  readonly listenerErrors: unknown[] = []
  timersSet = 0
  startedMs = 0

  constructor(cluster: MemoryCluster, name: string, skewMs: number) {
    this.#cluster = cluster
    this.name = name
    this.random = new Dice(cluster.dice.below(2 ** 32))
    this.#member = member({
      uniqueId: newUniqueId(this.random),
      host: '127.0.0.1',
      port: 4000,
      name,
      domain: '',
      payload: new Uint8Array(0),
      aliveMs: 0,
    })
    this.skewMs = skewMs
    this.clock = this.#newClock()
  }

  get id(): string {
    return this.#member.id
  }

  get isUp(): boolean {
    return this.#state === 'up'
  }

  /** False while it hangs. */
  get isResponding(): boolean {
    return this.#held === undefined
  }

  get listenerCount(): number {
    return this.#listeners.size + this.#observers.size
  }

  async start(): Promise<void> {
    this.#state = 'up'
    this.startedMs = this.#cluster.time.nowMs
    this.#cluster.joined(this)
  }

  async stop(): Promise<void> {
    this.kill()
  }

  /** At once and without a word; its timers never fire again. */
  kill(): void {
    if (this.#state !== 'up') return
    this.#state = 'down'
    this.#held = undefined
    this.#members = []
    this.#cluster.left(this)
  }

  /** Nothing happens in it any more, until `resume`. */
  hang(): void {
    this.#held ??= []
  }

  resume(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const what of held) this.run(what)
  }

  /** Messages to `target` are refused from now on: its queue is full. */
  refuse(target: MemoryChannel): void {
    this.#refused.add(target.id)
  }

  /** Messages to `target` are taken again, and nobody says so. */
  accept(target: MemoryChannel): void {
    this.#refused.delete(target.id)
  }

  /** The queue to `target` has room again. */
  caughtUp(target: MemoryChannel): void {
    this.#refused.delete(target.id)
    for (const observer of this.#observers) observer.memberCaughtUp?.(target.localMember())
  }

  run(what: () => void): void {
    if (this.#state !== 'up') return
    if (this.#held) this.#held.push(what)
    else what()
  }

  localMember(): Member {
    return this.#member
  }

  pendingMembers(): number {
    return 0
  }

  members(): readonly Member[] {
    return this.#members
  }

  post(destinations: readonly Member[], body: Uint8Array, options: SendOptions, observer?: DeliveryObserver): number {
    if (this.#state !== 'up') throw new Error('the channel is stopped')
    if (destinations.length === 0) throw new Error('no destination')
    const delivery = new Delivery(destinations, observer)
    const guarantee = options.guarantee ?? 'use-ack'
    const message = { number: ++this.#lastNumber, options: optionBits(guarantee), body, source: this.#member }
    for (const { id } of destinations) this.#send(message, delivery, id, guarantee)
    return this.#lastNumber
  }

  addChannelListener(listener: ClusterListener): void {
    this.#listeners.add(listener)
  }

  removeChannelListener(listener: ClusterListener): void {
    this.#listeners.delete(listener)
  }

  addMembershipListener(listener: ClusterMembershipListener): void {
    this.#observers.add(listener)
  }

  removeMembershipListener(listener: ClusterMembershipListener): void {
    this.#observers.delete(listener)
  }

  sees(other: MemoryChannel, isConnected: boolean): void {
    const isMember = this.#members.some(m => m.id === other.id)
    if (isConnected === isMember) return
    if (isConnected) {
      this.#members = [...this.#members, other.localMember()]
      const aliveMs = this.#cluster.time.nowMs - other.startedMs
      for (const observer of this.#observers) observer.memberAdded({ ...other.localMember(), aliveMs })
      return
    }
    this.#members = this.#members.filter(m => m.id !== other.id)
    for (const observer of this.#observers) observer.memberDisappeared(other.localMember())
    for (const open of [...this.#open]) if (open.target === other) this.#settle(open, new Error('the member is gone'))
  }

  #send(message: ChannelMessage, delivery: Delivery, id: string, guarantee: DeliveryGuarantee): void {
    const cluster = this.#cluster
    const target = cluster.find(id)
    const isMember = this.#members.some(m => m.id === id)
    const open: OpenDelivery = { delivery, target: target as MemoryChannel, isSettled: false }
    this.#open.add(open)
    if (!target || !isMember) return void this.clock.setTimer(0, () => this.#settle(open, new Error('no such member')))
    if (this.#refused.has(id)) return this.#settle(open, new MemberBehindError(target.localMember(), 1, 1))
    cluster.messagesSent++
    cluster.bytesSent += message.body.length
    if (guarantee === 'asynchronous') this.clock.setTimer(0, () => this.#settle(open))
    else
      this.clock.setTimer(ACK_TIMEOUT_MS, () =>
        this.#settle(open, new AckTimeoutError(target.localMember(), ACK_TIMEOUT_MS)),
      )
    if (!cluster.isConnected(this, target) || !cluster.filter(message.body, this, target)) return
    cluster.carry(this, target, () => target.#receive(message, guarantee, outcome => this.#acknowledged(open, outcome)))
  }

  #acknowledged(open: OpenDelivery, error: Error | undefined): void {
    this.#cluster.carry(open.target, this, () => this.#settle(open, error))
  }

  #settle(open: OpenDelivery, error?: Error): void {
    if (open.isSettled) return
    open.isSettled = true
    this.#open.delete(open)
    const { delivery, target } = open
    const destination = delivery.destinations.find(m => !target || m.id === target.id)!
    if (error) delivery.failed(destination, error)
    else delivery.accepted(destination)
  }

  #receive(message: ChannelMessage, guarantee: DeliveryGuarantee, acknowledge: (error?: Error) => void): void {
    let failure: Error | undefined
    const body = Buffer.from(message.body)
    try {
      for (const listener of this.#listeners) {
        const received = { ...message, body }
        if (listener.accept(received)) listener.messageReceived(received)
      }
    } catch (error) {
      failure = error as Error
      this.listenerErrors.push(error)
    }
    body.fill(0xaa)
    if (guarantee === 'use-ack') acknowledge()
    if (guarantee === 'synchronized-ack') acknowledge(failure)
  }

  #newClock(): Clock {
    const { time } = this.#cluster
    const originMs = this.#cluster.dice.below(1_000_000)
    const later = (delayMs: number, fire: () => void): Timer => {
      this.timersSet++
      return time.after(delayMs, () => this.run(fire))
    }
    return {
      now: () => originMs + time.nowMs,
      wallTime: () => Date.UTC(2025, 0, 1) + time.nowMs + this.skewMs,
      setTimer: later,
      endOfTurn: fire => void later(0, fire),
    }
  }
}
