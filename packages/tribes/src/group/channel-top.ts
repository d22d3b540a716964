import type { Above, Below, Suspicion } from '../channel-interceptor.js'
import { type ChannelMessage, SYNCHRONIZED_ACK } from '../channel-message.js'
import { NoListenerError } from '../errors.js'
import { type Member, memberText } from '../member.js'
import type { Clock } from '../ports/clock.js'
import type { Logger } from '../ports/logger.js'
import { MemberGoneError } from './channel-errors.js'
import type { MembershipEvents } from './channel-listener.js'
import { ListenerList } from './listener-list.js'
import { MemberView } from './member-view.js'

export interface ChannelTopComponents {
  readonly clock: Clock
  readonly logger: Logger
  /** Nobody accepted the message. */
  readonly unclaimed: (message: ChannelMessage) => void
}

const BELIEVED: Partial<Record<Suspicion, string>> = {
  lost: 'nobody has heard it within dropTime',
  'address-taken': 'another process has its address now',
}

/** Where everything that comes up the stack ends: messages at the listeners, member events in the view and at its observers. */
export class ChannelTop implements Above {
  readonly listeners: ListenerList
  readonly view = new MemberView()
  readonly #components: ChannelTopComponents
  readonly #observers = new Set<MembershipEvents>()
  #below!: Below
  #received = 0

  constructor(components: ChannelTopComponents) {
    this.#components = components
    this.listeners = new ListenerList(components)
  }

  connect(below: Below): void {
    this.#below = below
  }

  get received(): number {
    return this.#received
  }

  observe(observer: MembershipEvents): void {
    this.#observers.add(observer)
  }

  forget(observer: MembershipEvents): void {
    this.#observers.delete(observer)
  }

  messageReceived(message: ChannelMessage): void | Promise<void> {
    this.#received++
    const delivered = this.listeners.deliver(message)
    if (delivered !== false) return delivered
    this.#components.unclaimed(message)
    // Nobody has applied it: an acknowledgement must not say so.
    if (message.options & SYNCHRONIZED_ACK) throw new NoListenerError()
  }

  memberAdded(member: Member): void {
    if (!this.view.add(member, this.#components.clock.now())) return
    this.#components.logger.info({ member }, `Replication member added:[${memberText(member)}]`)
    this.#tell(observer => observer.memberAdded(member))
  }

  memberDisappeared(member: Member): void {
    if (!this.view.remove(member)) return
    this.#components.logger.info({ member }, `Received member disappeared:[${memberText(member)}]`)
    this.#tell(observer => observer.memberDisappeared(member))
  }

  /** A loss and a successor are believed here, and only because no failure detector below has taken the question. */
  memberSuspected(member: Member, suspicion: Suspicion): void {
    const why = BELIEVED[suspicion]
    if (!why) return
    this.memberDisappeared(member)
    this.#below.exclude(member, new MemberGoneError(member, why))
  }

  memberCaughtUp(member: Member): void {
    if (this.view.has(member)) this.#tell(observer => observer.memberCaughtUp?.(member))
  }

  incarnationChanged(local: Member, previous: Member): void {
    const hasMoved = local.host !== previous.host || local.port !== previous.port
    const text = hasMoved
      ? `This host has another address: ${memberText(previous)} is ${memberText(local)} from now on.`
      : `Another process has the incarnation of ${memberText(local)} (was a machine cloned?): this one has taken a new one.`
    this.#components.logger.warn({ member: local, previous }, text)
    this.#tell(observer => observer.incarnationChanged?.(local, previous))
  }

  #tell(event: (observer: MembershipEvents) => void): void {
    for (const observer of [...this.#observers]) {
      try {
        event(observer)
      } catch (error) {
        this.#components.logger.error({ err: error }, 'A membership listener failed.')
      }
    }
  }
}
