import type { IncomingMessage } from 'node:http'
import type { AcknowledgementLevel, HaError } from '@clowder/ha'
import type { ConnectSidOptions } from '../cookie/connect-cookies.js'
import { type CookieOptions, type ResolvedCookieOptions, resolveCookieOptions } from '../cookie/cookie-options.js'
import type { CookieKeys } from '../cookie/cookie-signer.js'
import type { LockOptions } from '../lock/lock-options.js'
import type { RequestPolicy } from './request-policy.js'

/** How a valve treats requests; with defaults and limits in docs/configuration.md. */
export interface ReplicationValveOptions {
  /** The first signs cookies, all verify them: add a new one behind on every node, then move it to the front on every node, and drop the old one later. At least 16 characters each. Or keys that change while they are used. */
  readonly secrets: readonly string[] | CookieKeys
  readonly cookie?: CookieOptions | undefined
  /** Called once for each request that makes a session: the settings of its cookie that differ from `cookie`. They travel with the session. */
  readonly cookieFor?: ((req: IncomingMessage) => Omit<CookieOptions, 'name'>) | undefined
  /** Cookies of express-session, which are read beside our own, and if you like written. */
  readonly connectSid?: ConnectSidOptions | undefined
  /** Makes the id of a new session: text of 1 to 128 characters, of which others than A-Z a-z 0-9 _ - count three for each byte; nobody can guess it and it never repeats. @default 24 random bytes */
  readonly genid?: ((req: IncomingMessage) => string) | undefined
  /** This node's name in the cookie, for balancers. Absent: cookies name nobody. */
  readonly jvmRoute?: string | undefined
  /** Paths that never touch a session; `req.session` is undefined there. */
  readonly filter?: RegExp | string | undefined
  /** True: every client without a session is given one, used or not. @default false */
  readonly saveUninitialized?: boolean | undefined
  /** What `req.session = null` does: 'destroy' ends the session, 'keep' lets go of it for this request, with what the request changed. @default 'destroy' */
  readonly unset?: 'destroy' | 'keep' | undefined
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
  /** True: what the valve has counted is logged once in 100 requests. @default false */
  readonly statistics?: boolean | undefined
  /** Called for each attribute that could not be kept, which is also logged. */
  readonly onRefused?: ((error: HaError, req: IncomingMessage) => void) | undefined
}

/** The options that are looked at during requests. */
export interface ResolvedValveOptions extends RequestPolicy {
  readonly cookie: ResolvedCookieOptions
  readonly cookieFor: ((req: IncomingMessage) => unknown) | undefined
  readonly genid: ((req: IncomingMessage) => unknown) | undefined
  readonly trustProxy: boolean
  readonly onRefused: ((error: HaError, req: IncomingMessage) => void) | undefined
}

/** Throws BadCookieOptionError. */
export function resolveValveOptions(given: ReplicationValveOptions): ResolvedValveOptions {
  return {
    cookie: resolveCookieOptions(given.cookie),
    cookieFor: given.cookieFor,
    genid: given.genid,
    unset: given.unset ?? 'destroy',
    saveUninitialized: given.saveUninitialized ?? false,
    rolling: given.rolling ?? false,
    whenStale: given.whenStale ?? 'serve',
    acknowledge: given.acknowledge,
    trustProxy: given.trustProxy ?? false,
    onRefused: given.onRefused,
  }
}
