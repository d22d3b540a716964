import { channel } from 'node:diagnostics_channel'
import {
  type ClusterChannel,
  type ClusterMembershipListener,
  type DeltaManager,
  guardedListener,
  type SessionEvents,
} from '@clowder/ha'
import type { KeySummary } from '@clowder/node'
import type { Logger, Member } from '@clowder/tribes'
import { EventEmitter } from 'eventemitter3'
import type { ClusterKeyring } from '../keyring/cluster-keyring.js'
import { EarlyConflicts } from './early-conflicts.js'

/** What `cluster.on` can tell of, with what its listeners get. */
export interface ClusterEvents extends SessionEvents {
  memberAdded: (member: Member) => void
  memberDisappeared: (member: Member) => void
  /** On every member, whoever did it; the key is named by its id. */
  keyChanged: (key: KeySummary) => void
}

export interface ClusterEventsComponents {
  readonly channel: ClusterChannel
  readonly manager: DeltaManager
  readonly keyring?: ClusterKeyring
  readonly logger: Logger
}

type EventName = keyof ClusterEvents
type Listener = (event: never) => unknown
type AnyEmitter = EventEmitter<Record<EventName, [event: never]>>

/** Published as `clowder:session-created` and so on. attributeChanged is not: whoever listens to it makes every node compare every attribute. */
const PUBLISHED = [
  'memberAdded',
  'memberDisappeared',
  'keyChanged',
  'sessionCreated',
  'sessionDestroyed',
  'sessionExpired',
  'sessionIdChanged',
  'conflict',
] as const satisfies readonly EventName[]

/** The events of channel and manager under one roof. What a listener throws, or rejects with, is logged and disturbs nobody. */
export class ClusterEventHub implements ClusterMembershipListener {
  readonly #components: ClusterEventsComponents
  readonly #own = new EventEmitter<Pick<ClusterEvents, 'memberAdded' | 'memberDisappeared' | 'keyChanged'>>()
  /** What was given → what was added in its place. */
  readonly #guards = new Map<EventName, Map<Listener, Listener>>()
  readonly #early: EarlyConflicts

  constructor(components: ClusterEventsComponents) {
    this.#components = components
    components.channel.addMembershipListener(this)
    components.keyring?.events.on('keyChanged', key => this.#own.emit('keyChanged', key))
    for (const name of PUBLISHED) this.#publish(name)
    this.#early = new EarlyConflicts(components)
  }

  /** The application gets its cluster now: as soon as it has had a moment to listen, it is told of the conflicts of which it could not hear. */
  handedOver(): void {
    const early = this.#early.end()
    if (early.length === 0) return
    setImmediate(() => {
      const listeners = [...(this.#guards.get('conflict')?.values() ?? [])]
      for (const conflict of early) for (const listener of listeners) listener(conflict as never)
    })
  }

  on<E extends EventName>(name: E, listener: ClusterEvents[E]): void {
    const guards = this.#guards.get(name) ?? new Map<Listener, Listener>()
    if (guards.has(listener)) return
    const guard = guardedListener(this.#components.logger, name, listener as (event: never) => unknown)
    this.#guards.set(name, guards.set(listener, guard))
    this.#emitterOf(name).on(name, guard)
  }

  off<E extends EventName>(name: E, listener: ClusterEvents[E]): void {
    const guard = this.#guards.get(name)?.get(listener)
    if (!guard) return
    this.#guards.get(name)?.delete(listener)
    this.#emitterOf(name).off(name, guard)
  }

  memberAdded(member: Member): void {
    this.#own.emit('memberAdded', member)
  }

  memberDisappeared(member: Member): void {
    this.#own.emit('memberDisappeared', member)
  }

  #publish(name: EventName): void {
    const published = channel(`clowder:${kebabCase(name)}`)
    this.#emitterOf(name).on(name, (event: never) => {
      if (published.hasSubscribers) published.publish(event)
    })
  }

  #emitterOf(name: EventName): AnyEmitter {
    const isOwn = name === 'memberAdded' || name === 'memberDisappeared' || name === 'keyChanged'
    return (isOwn ? this.#own : this.#components.manager.events) as unknown as AnyEmitter
  }
}

function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
}
