import type { Logger } from '@clowder/tribes'
import { guardedListener } from '../listeners/guarded-listener.js'

/** What a value was set as, and in which session. */
export interface BindingEvent {
  /** The session's id. */
  readonly id: string
  /** The attribute's. */
  readonly name: string
}

/**
 * A value that is told when it becomes an attribute and when it is one no longer (the servlet API's HttpSessionBindingListener). Only one that stays on this node can be: what is
 * replicated is plain data, and values with functions are refused. So its name, or its type, must be one that `manager.sessionAttributeNameFilter` or
 * `sessionAttributeValueTypeFilter` keeps here.
 */
export interface SessionBindingListener {
  valueBound?(event: BindingEvent): unknown
  valueUnbound?(event: BindingEvent): unknown
}

/** Tells values that stay on this node. What they throw is logged. */
export class ValueBindings {
  readonly #logger: Logger

  constructor({ logger }: { readonly logger: Logger }) {
    this.#logger = logger
  }

  /** By a commit; undefined: nothing. The new value first, as in Tomcat. */
  replaced(event: BindingEvent, before: unknown, after: unknown): void {
    if (before === after) return
    this.#tell(after, 'valueBound', event)
    this.#tell(before, 'valueUnbound', event)
  }

  /** The session is here no more: it has ended, has expired, or is held by others. */
  ended({ id, local }: { readonly id: string; readonly local: ReadonlyMap<string, unknown> | undefined }): void {
    for (const [name, value] of local ?? []) this.#tell(value, 'valueUnbound', { id, name })
  }

  #tell(value: unknown, verb: keyof SessionBindingListener, event: BindingEvent): void {
    if (typeof value !== 'object' || value === null) return
    const listener = value as SessionBindingListener
    const listen = listener[verb]
    if (typeof listen === 'function') guardedListener(this.#logger, verb, listen.bind(listener))(event)
  }
}
