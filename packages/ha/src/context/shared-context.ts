import type { Logger } from '@clowder/tribes'
import { EventEmitter } from 'eventemitter3'
import { BadContextNameError } from '../errors.js'
import { guardedListener } from '../listeners/guarded-listener.js'
import type { DeltaManager } from '../manager/delta-manager.js'
import type { Acknowledged, Commit } from '../manager/manager.js'
import type { DeltaSession } from '../session/delta-session.js'
import { MAX_ID_BYTES } from '../wire/message-codec.js'

const PREFIX = 'context:'
const MAX_NAME_BYTES = MAX_ID_BYTES - PREFIX.length

export interface SharedContextComponents {
  /** Of what all members share. */
  readonly manager: DeltaManager
  readonly logger: Logger
}

/** Values are functions, because decoding costs. What a listener throws, or rejects with, is logged and disturbs nobody. */
export interface ContextEvents {
  /** `local`: this node's application did it. */
  changed: (event: { readonly name: string; readonly local: boolean; value(): unknown; previous(): unknown }) => void
  /** Two members wrote the attribute without having seen each other. The same value was kept everywhere. */
  conflict: (event: { readonly name: string; kept(): unknown; dropped(): unknown }) => void
}

/**
 * Attributes of the application, the same on all members (Tomcat's ReplicatedContext): on each of them in memory, read without asking, kept for as long as one member lives. It is
 * a session that never expires, with a session's rules: of two members that write one attribute at once, the later write stays, unless a merge function makes one of both.
 */
export class SharedContext {
  readonly name: string
  readonly events = new EventEmitter<ContextEvents>()
  readonly #manager: DeltaManager
  readonly #logger: Logger
  readonly #id: string

  /** Throws BadContextNameError (`HA_BAD_CONTEXT_NAME`). */
  constructor({ manager, logger }: SharedContextComponents, name: string) {
    const bytes = Buffer.from(name)
    if (bytes.length > MAX_NAME_BYTES || bytes.toString() !== name) throw new BadContextNameError(name, MAX_NAME_BYTES)
    this.#manager = manager
    this.#logger = logger
    this.name = name
    this.#id = PREFIX + name
    manager.events.on('attributeChanged', ({ id, name, local, value, previous }) => {
      if (id === this.#id) this.#tell('changed', { name, local, value, previous })
    })
    manager.events.on('conflict', ({ id, name, kept, dropped }) => {
      if (id === this.#id) this.#tell('conflict', { name, kept, dropped })
    })
  }

  names(): readonly string[] {
    return this.#session().attributeNames()
  }

  /** A fresh value each time: what is changed inside it stays unknown until it is set. */
  getAttribute(name: string): unknown {
    return this.#session().getAttribute(name)
  }

  /**
   * Known here at once; resolves when as many members as asked (`manager.acknowledge`) hold it, or are late. Throws UnserializableValueError, SessionTooLargeError
   * or TooManyAttributesError, and nothing has changed then.
   */
  setAttribute(name: string, value: unknown): Promise<Acknowledged> {
    return this.#change(session => session.setAttribute(name, value))
  }

  removeAttribute(name: string): Promise<Acknowledged> {
    return this.#change(session => session.removeAttribute(name))
  }

  #change(change: (session: DeltaSession) => void): Promise<Acknowledged> {
    const session = this.#session()
    change(session)
    const { acknowledged, refused }: Commit = this.#manager.requestCompleted(session)
    if (refused[0]) throw refused[0]
    return acknowledged ?? Promise.resolve('held')
  }

  #tell(name: keyof ContextEvents, event: object): void {
    const events = this.events as unknown as EventEmitter
    for (const listener of events.listeners(name)) {
      // Of those that are told once this is the time.
      events.off(name, listener, undefined, true)
      guardedListener(this.#logger, name, listener)(event)
    }
  }

  #session(): DeltaSession {
    return this.#manager.sharedSession(this.#id)
  }
}
