import type { IncomingMessage } from 'node:http'
import { SessionAssignedError } from '../errors.js'
import type { SessionExchange } from './session-exchange.js'

const EXCHANGE = Symbol('clowder.exchange')

interface ExchangedRequest extends IncomingMessage {
  [EXCHANGE]: SessionExchange
}

/** Undefined before a valve has seen the request, and where its filter matches. */
export function exchangeOf(req: IncomingMessage): SessionExchange | undefined {
  return (req as Partial<ExchangedRequest>)[EXCHANGE]
}

/** Another middleware's, which was there first. */
export function hasForeignSession(req: IncomingMessage): boolean {
  return ((req as { session?: unknown }).session ?? undefined) !== undefined
}

/** Gives the request `session` and `sessionID`. They are not enumerable: whoever logs or copies a request would make a session by it. */
export function attachExchange(req: IncomingMessage, exchange: SessionExchange): void {
  const exchanged = req as ExchangedRequest
  exchanged[EXCHANGE] = exchange
  Object.defineProperty(req, 'session', session)
  Object.defineProperty(req, 'sessionID', sessionID)
}

// Shared by all requests, so that a request which touches no session has no function made for it.

const session: PropertyDescriptor & ThisType<ExchangedRequest> = {
  configurable: true,
  get() {
    return this[EXCHANGE].session
  },
  set(value: unknown) {
    const exchange = this[EXCHANGE]
    if (value === null || value === undefined) exchange.unset()
    else if (value !== exchange.session) throw new SessionAssignedError()
  },
}

const sessionID: PropertyDescriptor & ThisType<ExchangedRequest> = {
  configurable: true,
  get() {
    return this[EXCHANGE].session?.id
  },
  set() {
    throw new SessionAssignedError('req.sessionID')
  },
}
