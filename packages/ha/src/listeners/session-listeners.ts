import type { Logger } from '@clowder/tribes'
import type { EventEmitter } from 'eventemitter3'
import type { SessionEvents } from '../manager/session-events.js'
import { guardedListener } from './guarded-listener.js'
import type { SessionAttributeEvent, SessionListener } from './session-listener.js'

export interface SessionListenersComponents {
  readonly events: EventEmitter<SessionEvents>
  readonly logger: Logger
}

type AttributeVerb = 'attributeAdded' | 'attributeReplaced' | 'attributeRemoved'

/** The listeners of one manager's sessions, in Tomcat's words. Attributes are compared and told of only where somebody listens to them. */
export class SessionListeners {
  readonly #components: SessionListenersComponents
  readonly #handlers = new Map<SessionListener, Partial<SessionEvents>>()

  constructor(components: SessionListenersComponents) {
    this.#components = components
  }

  /** Once, however often it is given. */
  add(listener: SessionListener): void {
    if (this.#handlers.has(listener)) return
    const handlers = { ...this.#ofSessions(listener), ...this.#ofAttributes(listener) }
    this.#handlers.set(listener, handlers)
    for (const [name, handler] of Object.entries(handlers)) this.#emitter.on(name, handler)
  }

  remove(listener: SessionListener): void {
    for (const [name, handler] of Object.entries(this.#handlers.get(listener) ?? {})) this.#emitter.off(name, handler)
    this.#handlers.delete(listener)
  }

  get #emitter(): EventEmitter {
    return this.#components.events as unknown as EventEmitter
  }

  #ofSessions(listener: SessionListener): Partial<SessionEvents> {
    const created = this.#guarded(listener, 'sessionCreated')
    const destroyed = this.#guarded(listener, 'sessionDestroyed')
    const idChanged = this.#guarded(listener, 'sessionIdChanged')
    return {
      ...(created && { sessionCreated: ({ id, local, oldId }) => oldId === undefined && created({ id, local }) }),
      ...(destroyed && {
        sessionDestroyed: ({ id, local, reason, attributes }) =>
          reason !== 'renamed' && destroyed({ id, local, reason, attributes }),
        sessionExpired: ({ id, local, attributes }) => destroyed({ id, local, reason: 'expired', attributes }),
      }),
      ...(idChanged && { sessionIdChanged: ({ id, local, oldId }) => idChanged({ id, local }, oldId) }),
    }
  }

  #ofAttributes(listener: SessionListener): Partial<SessionEvents> {
    const attributeAdded = this.#guarded(listener, 'attributeAdded')
    const attributeReplaced = this.#guarded(listener, 'attributeReplaced')
    const attributeRemoved = this.#guarded(listener, 'attributeRemoved')
    if (!attributeAdded && !attributeReplaced && !attributeRemoved) return {}
    const verbs = { attributeAdded, attributeReplaced, attributeRemoved }
    return { attributeChanged: event => verbs[verbOf(event)]?.(event) }
  }

  #guarded<Verb extends keyof SessionListener>(
    listener: SessionListener,
    verb: Verb,
  ): ((...args: Parameters<NonNullable<SessionListener[Verb]>>) => void) | undefined {
    if (typeof listener[verb] !== 'function') return undefined
    // Looked up at each call, as a method is.
    const call = (...args: never[]) => (listener[verb] as (...args: never[]) => unknown).apply(listener, args)
    return guardedListener(this.#components.logger, verb, call) as never
  }
}

function verbOf({ had, has }: SessionAttributeEvent): AttributeVerb {
  if (!had) return 'attributeAdded'
  return has ? 'attributeReplaced' : 'attributeRemoved'
}
