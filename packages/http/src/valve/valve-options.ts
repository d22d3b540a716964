import type { IncomingMessage } from 'node:http'
import type { AcknowledgementLevel, HaError } from '@clowder/ha'
import { type CookieOptions, type ResolvedCookieOptions, resolveCookieOptions } from '../cookie/cookie-options.js'
import type { LockOptions } from '../lock/lock-options.js'

export interface ReplicationValveOptions {
  /** The first signs cookies, all verify them: put a new one in front, on every node, and drop the old one later. At least 16 characters each. */
  readonly secrets: readonly string[]
  readonly cookie?: CookieOptions | undefined
  /** This node's name in the cookie, for balancers. Absent: cookies name nobody. */
  readonly jvmRoute?: string | undefined
  /** Paths that never touch a session; `req.session` is undefined there. */
  readonly filter?: RegExp | string | undefined
  /** True: every client without a session is given one, used or not. @default false */
  readonly saveUninitialized?: boolean | undefined
  /** True: every answer carries the cookie, with its full lifetime. @default false */
  readonly rolling?: boolean | undefined
  /**
   * What to do when this client has seen a later state of its session than can be had in time. 'serve': the request goes on, with `req.session.isStale`
   * and `Clowder-Stale: 1` on the answer. 'refuse': 503 with `Retry-After` and `Clowder-Stale: 1`. @default 'serve'
   */
  readonly whenStale?: 'serve' | 'refuse' | undefined
  /** Requests that have their session to themselves, in the whole cluster. */
  readonly lock?: LockOptions | undefined
  /** How much must hold a change before its answer leaves. @default the manager's */
  readonly acknowledge?: AcknowledgementLevel | undefined
  /** True: `X-Forwarded-Proto` tells whether a client's connection is encrypted. @default false */
  readonly trustProxy?: boolean | undefined
  /** Called for each attribute that could not be kept, which is also logged. */
  readonly onRefused?: ((error: HaError, req: IncomingMessage) => void) | undefined
}

/** The options that are looked at during requests. */
export interface ResolvedValveOptions {
  readonly cookie: ResolvedCookieOptions
  readonly saveUninitialized: boolean
  readonly rolling: boolean
  readonly whenStale: 'serve' | 'refuse'
  readonly acknowledge: AcknowledgementLevel | undefined
  readonly trustProxy: boolean
  readonly onRefused: ((error: HaError, req: IncomingMessage) => void) | undefined
}

/** Throws BadCookieOptionError. */
export function resolveValveOptions(given: ReplicationValveOptions): ResolvedValveOptions {
  return {
    cookie: resolveCookieOptions(given.cookie),
    saveUninitialized: given.saveUninitialized ?? false,
    rolling: given.rolling ?? false,
    whenStale: given.whenStale ?? 'serve',
    acknowledge: given.acknowledge,
    trustProxy: given.trustProxy ?? false,
    onRefused: given.onRefused,
  }
}
