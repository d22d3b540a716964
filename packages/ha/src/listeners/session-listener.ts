import type { SessionEvents } from '../manager/session-events.js'

type EventOf<Name extends keyof SessionEvents> = Parameters<SessionEvents[Name]>[0]

/** `local`: this node's application did it. */
export type SessionEvent = Pick<EventOf<'sessionCreated'>, 'id' | 'local'>

/** What it had when it ended, decoded when asked for. Of an expired session `local` is true on the one node that is to tell. */
export interface SessionEndEvent extends SessionEvent {
  readonly reason: 'expired' | 'invalidated' | 'shutdown'
  attributes(): Record<string, unknown>
}

/** `value` is the new one and `previous` the old one, each undefined where there is none; functions, because decoding costs. */
export type SessionAttributeEvent = EventOf<'attributeChanged'>

/**
 * The servlet API's HttpSessionListener, HttpSessionAttributeListener and HttpSessionIdListener in one: implement what you need. All of it is called when a commit changes the
 * session, not while a request is still at it, and on every node; what other nodes did comes with `local: false`, unless `manager.notifySessionListenersOnReplication` or
 * `manager.notifyListenersOnReplication` is off. What it throws, or rejects with, is logged and disturbs nobody.
 */
export interface SessionListener {
  sessionCreated?(event: SessionEvent): unknown
  /** Invalidated or expired. A new id is no end. */
  sessionDestroyed?(event: SessionEndEvent): unknown
  sessionIdChanged?(event: SessionEvent, oldId: string): unknown
  attributeAdded?(event: SessionAttributeEvent): unknown
  attributeReplaced?(event: SessionAttributeEvent): unknown
  attributeRemoved?(event: SessionAttributeEvent): unknown
}
