import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SessionLocks } from '@clowder/ha'
import { RequestFilter } from '../valve/request-filter.js'
import { type LockOptions, type ResolvedLockOptions, resolveLockOptions } from './lock-options.js'
import { WritingRoutes } from './writing-routes.js'

/** What all requests of one valve share about locks. */
export class ValveLocks {
  readonly routes: WritingRoutes
  readonly options: ResolvedLockOptions
  /** Absent where the manager has no locks. */
  readonly sessions: SessionLocks | undefined
  /** Whether a request must have its session's lock before it begins. Absent when none must. */
  readonly isWanted: ((req: IncomingMessage) => boolean) | undefined

  /** Throws BadFilterError. */
  constructor(sessions: SessionLocks | undefined, options: LockOptions | undefined, routes = new WritingRoutes()) {
    this.sessions = sessions
    this.routes = routes
    this.options = resolveLockOptions(options)
    assert(sessions || this.options.mode === 'none', 'the manager of this valve has no locks')
    this.isWanted = sessions && this.#wanted(options?.uriPattern)
  }

  get learns(): boolean {
    return this.options.mode === 'auto' && this.isWanted !== undefined
  }

  #wanted(uriPattern: LockOptions['uriPattern']): ValveLocks['isWanted'] {
    const { mode } = this.options
    if (mode === 'none') return undefined
    if (mode === 'all') return () => true
    if (mode === 'auto') return req => this.routes.isWriting(req)
    const filter = new RequestFilter(uriPattern)
    return req => filter.matches(req)
  }
}

const SENTENCE = 'Your session is busy with another request. Please try again.\n'

export const unlockedAnswer = {
  status: 503,
  headers: {
    'Retry-After': '1',
    'Cache-Control': 'no-store',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(SENTENCE)),
  },
  body: SENTENCE,
} as const

export function refuseUnlocked(res: ServerResponse): void {
  res.writeHead(unlockedAnswer.status, unlockedAnswer.headers)
  res.end(unlockedAnswer.body)
}
