import type { Above } from '../../src/channel-interceptor.js'
import type { ChannelMessage } from '../../src/channel-message.js'
import type { Delivery } from '../../src/delivery.js'
import type { StackBottom } from '../../src/group/interceptor-stack.js'
import { type Member, member } from '../../src/member.js'
import { UNIQUE_ID_BYTES } from '../../src/unique-id.js'

/** A member whose id is sixteen times `idByte`. */
export function testMember(name: string, idByte: number, aliveMs = 0): Member {
  const uniqueId = new Uint8Array(UNIQUE_ID_BYTES).fill(idByte)
  return member({
    uniqueId,
    host: `10.0.0.${idByte}`,
    port: 4000,
    name,
    domain: '',
    payload: new Uint8Array(0),
    aliveMs,
  })
}

interface Sent {
  readonly message: ChannelMessage
  readonly delivery: Delivery
}

interface Question {
  readonly member: Member
  answer(): void
  fail(error: Error): void
}

/** Stands below a stack: writes down what comes down, and lets the test say how it fares. */
export class GroupBottom implements StackBottom {
  localMember: Member | undefined
  heardMembers = 0
  readonly hiddenMembers: string[] = []
  readonly departed: string[] = []
  above!: Above
  readonly calls: string[] = []
  readonly sent: Sent[] = []
  readonly questions: Question[] = []
  readonly excluded: { member: Member; reason: Error }[] = []
  readonly #local: Member
  startFailure: Error | undefined

  constructor(local = testMember('local', 1)) {
    this.#local = local
  }

  hasSaidGoodbye(id: string): boolean {
    return this.departed.includes(id)
  }

  connect(above: Above): void {
    this.above = above
  }

  async start(): Promise<void> {
    this.calls.push('start')
    if (this.startFailure) throw this.startFailure
    this.localMember = this.#local
  }

  async stop(): Promise<void> {
    this.calls.push('stop')
    this.localMember = undefined
  }

  sendMessage(message: ChannelMessage, delivery: Delivery): void {
    this.sent.push({ message, delivery })
  }

  ask(member: Member): Promise<void> {
    return new Promise((answer, fail) => void this.questions.push({ member, answer, fail }))
  }

  exclude(member: Member, reason: Error): void {
    this.excluded.push({ member, reason })
  }

  get sentTexts(): string[] {
    return this.sent.map(({ message }) => Buffer.from(message.body).toString())
  }

  /** The next one that is not settled is accepted by all. */
  acceptNext(): void {
    const next = this.sent.find(({ delivery }) => !delivery.isSettled)
    for (const destination of next!.delivery.destinations) next!.delivery.accepted(destination)
  }
}

/** A bottom that hands messages to other bottoms at once. */
export class GroupLoop extends GroupBottom {
  readonly peers = new Map<string, GroupLoop>()

  /** Every one of `loops` reaches every other, and is announced to it. */
  static join(...loops: GroupLoop[]): void {
    for (const loop of loops) for (const peer of loops) if (peer !== loop) loop.#meet(peer)
  }

  override sendMessage(message: ChannelMessage, delivery: Delivery): void {
    super.sendMessage(message, delivery)
    for (const destination of delivery.destinations) void this.#deliver(message, delivery, destination)
  }

  #meet(peer: GroupLoop): void {
    this.peers.set(peer.localMember!.id, peer)
    this.above.memberAdded(peer.localMember!)
  }

  async #deliver(message: ChannelMessage, delivery: Delivery, destination: Member): Promise<void> {
    const peer = this.peers.get(destination.id)
    if (!peer) return delivery.failed(destination, new Error('nobody there'))
    try {
      await peer.above.messageReceived(message)
      delivery.accepted(destination)
    } catch (error) {
      delivery.failed(destination, error as Error)
    }
  }
}
