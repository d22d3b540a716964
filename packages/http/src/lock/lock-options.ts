/** Which requests have their session to themselves, and for how long; with defaults and limits in docs/configuration.md. */
export interface LockOptions {
  /**
   * Which requests have their session to themselves while they run. 'none': those whose handler calls `req.session.lock()`. 'all': all that have a session. 'auto':
   * those whose route writes, as learned. 'uriPattern': those whose path matches. @default 'none'
   */
  readonly mode?: 'none' | 'all' | 'auto' | 'uriPattern' | undefined
  /** Of the path, decoded, without method and query. A string must match all of it, a RegExp matches as it is. */
  readonly uriPattern?: RegExp | string | undefined
  /** Milliseconds that a request waits for its lock. @default 5000 */
  readonly timeout?: number | undefined
  /**
   * When the lock cannot be had in time. 'refuse': 503 with `Retry-After`. 'readOnly': the request goes on, and what it changes is refused. 'open': it goes on
   * as if there were no locks. @default 'refuse'
   */
  readonly whenTimedOut?: 'refuse' | 'readOnly' | 'open' | undefined
}

export interface ResolvedLockOptions {
  readonly mode: NonNullable<LockOptions['mode']>
  readonly timeout: number
  readonly whenTimedOut: NonNullable<LockOptions['whenTimedOut']>
}

export function resolveLockOptions({ mode, timeout, whenTimedOut }: LockOptions = {}): ResolvedLockOptions {
  return { mode: mode ?? 'none', timeout: timeout ?? 5000, whenTimedOut: whenTimedOut ?? 'refuse' }
}
