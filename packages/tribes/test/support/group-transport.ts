import type { ChannelMessage } from '../../src/channel-message.js'
import type { Delivery } from '../../src/delivery.js'
import type { MembershipContext, TransportContext } from '../../src/group/coordinator-components.js'
import type { Member } from '../../src/member.js'
import type { MembershipService } from '../../src/membership/membership-service.js'
import type { Address } from '../../src/ports/network.js'
import type { ChannelReceiver, ChannelSender } from '../../src/transport/channel-sender.js'
import type { GroupFrame } from '../../src/wire/frame.js'

/** Both halves of a transport: writes down what the coordinator asks for, and answers as the test says. */
export class GroupTransport implements ChannelSender, ChannelReceiver {
  readonly calls: string[]
  readonly sent: ChannelMessage[] = []
  context!: TransportContext
  address: Address = { host: '10.0.0.1', port: 4000 }
  /** Where it finds itself at the next look. */
  newAddress: Address | Promise<Address> | undefined
  senderFailure: Error | undefined
  /** Nobody answers a dial. */
  isSlow = false
  /** Who answers questions; everybody else fails. */
  readonly answering = new Set<string>()
  /** To whom there is a connection. */
  readonly connected = new Set<string>()
  readonly told: { readonly to: string; readonly frame: GroupFrame }[] = []
  /** Who is found at which `host:port`. */
  readonly reachable = new Map<string, Member>()

  constructor(calls: string[]) {
    this.calls = calls
  }

  readonly sender: ChannelSender = this
  get receiver(): ChannelReceiver {
    return {
      start: async () => {
        this.calls.push('start receiver')
        return this.address
      },
      relocated: async () => this.newAddress,
      stop: async () => void this.calls.push('stop receiver'),
    }
  }

  async start(): Promise<never> {
    this.calls.push('start sender')
    if (this.senderFailure) throw this.senderFailure
    return undefined as never
  }

  async stop(): Promise<void> {
    this.calls.push('stop sender')
  }

  sendMessage(message: ChannelMessage, delivery: Delivery): void {
    this.sent.push(message)
    for (const destination of delivery.destinations) delivery.accepted(destination)
  }

  async ask(member: Member): Promise<void> {
    this.calls.push(`ask ${member.name}`)
    if (!this.answering.has(member.name)) throw new Error('no answer')
  }

  async dial(address: Address): Promise<Member> {
    const text = `${address.host}:${address.port}`
    this.calls.push(`dial ${text}`)
    if (this.isSlow) await new Promise(() => {})
    const member = this.reachable.get(text)
    if (!member) throw new Error('refused')
    return member
  }

  forget(member: Member): void {
    this.calls.push(`forget ${member.name}`)
  }

  forgetAll(reason: Error & { readonly code?: string }): void {
    this.calls.push(`forget all ${reason.code}`)
  }

  expel(member: Member): void {
    this.calls.push(`expel ${member.name}`)
  }

  /** Whoever answers has a connection, and what it says back is heard in the same turn. */
  poke(member: Member): boolean {
    if (!this.connected.has(member.name)) return false
    this.calls.push(`poke ${member.name}`)
    if (this.answering.has(member.name)) void Promise.resolve().then(() => this.context.listener.memberHeard(member))
    return true
  }

  tell(member: Member, frame: GroupFrame): boolean {
    this.told.push({ to: member.name, frame })
    return true
  }
}

export class GroupService implements MembershipService {
  readonly #calls: string[]
  context!: MembershipContext
  startFailure: Error | undefined

  constructor(calls: string[]) {
    this.#calls = calls
  }

  async start(local: Member): Promise<void> {
    this.#calls.push(`start membership ${local.name}`)
    if (this.startFailure) throw this.startFailure
  }

  localChanged(local: Member): void {
    this.#calls.push(`changed ${local.id.slice(0, 2)}`)
  }

  async stop(): Promise<void> {
    this.#calls.push('stop membership')
  }
}
