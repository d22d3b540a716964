/** Every error of this package: `code` is stable and documented in docs/errors.md. */
export class HaError extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** A value that cannot be replicated. The other changes of the same request are kept. */
export class UnserializableValueError extends HaError {
  /** Where the value is, e.g. `cart.items[3].onClick`. */
  readonly path: string
  /** What was found there, e.g. `a function`. */
  readonly found: string
  constructor(path: string, found: string, options?: ErrorOptions) {
    super(
      'HA_UNSERIALIZABLE_VALUE',
      `session attribute ${path} is ${found}, which cannot be replicated; store plain data (objects, arrays, strings, numbers, booleans, null, undefined, Date, Map, Set, BigInt, RegExp, Error, typed arrays) instead`,
      options,
    )
    this.path = path
    this.found = found
  }
}

/** An attribute or a session is larger than allowed. The attribute keeps the value it had before the request. */
export class SessionTooLargeError extends HaError {
  readonly path: string
  readonly bytes: number
  readonly maxBytes: number
  constructor(path: string, bytes: number, maxBytes: number) {
    super(
      'HA_SESSION_TOO_LARGE',
      `session attribute ${path} makes the session ${bytes} bytes large, more than the ${maxBytes} allowed by manager.maxSessionBytes; store less, or raise the option on every node`,
    )
    this.path = path
    this.bytes = bytes
    this.maxBytes = maxBytes
  }
}

/** A session has as many attributes as allowed; a further one is not stored. */
export class TooManyAttributesError extends HaError {
  readonly path: string
  readonly maxAttributes: number
  constructor(path: string, maxAttributes: number) {
    super(
      'HA_TOO_MANY_ATTRIBUTES',
      `session attribute ${path} would be one more than the ${maxAttributes} allowed by manager.maxAttributes; keep many small things in one object, or raise the option on every node`,
    )
    this.path = path
    this.maxAttributes = maxAttributes
  }
}

/** `maxActiveSessions` own sessions exist; replicas of other nodes' sessions do not count. */
export class TooManyActiveSessionsError extends HaError {
  readonly maxActiveSessions: number
  constructor(maxActiveSessions: number) {
    super(
      'HA_TOO_MANY_ACTIVE_SESSIONS',
      `this node already has ${maxActiveSessions} active sessions of its own (manager.maxActiveSessions); no new one is created`,
    )
    this.maxActiveSessions = maxActiveSessions
  }
}

/** The session was invalidated, here or on another node; its object can no longer be changed. */
export class SessionInvalidatedError extends HaError {
  constructor(action: string) {
    super(
      'HA_SESSION_INVALIDATED',
      `cannot ${action}: the session has been invalidated; create a new one with regenerate()`,
    )
  }
}

/** The manager was not started yet. */
export class ManagerNotStartedError extends HaError {
  constructor(action: string) {
    super(
      'HA_MANAGER_NOT_STARTED',
      `cannot ${action}: the manager is not running yet; await createCluster before the first request`,
    )
  }
}

/** The lease of a session's lock ended before the request had committed, so that another request may hold it by now. Nothing of the commit is kept. */
export class SessionLockLostError extends HaError {
  constructor() {
    super(
      'HA_SESSION_LOCK_LOST',
      'the lock of this session was lost before the request was done: this process stood still, or the cluster was out of reach, for longer than the lease (valve.lock.lease); nothing that the request changed in the session is kept; repeat the request',
    )
  }
}

/** The lock could not be had in time, and `valve.lock.whenTimedOut` is 'readOnly'. The attribute keeps the value it had. */
export class SessionReadOnlyError extends HaError {
  readonly path: string
  constructor(path: string) {
    super(
      'HA_SESSION_READ_ONLY',
      `session attribute ${path} was not stored: the lock of the session could not be had in time (valve.lock.timeout), so this request may only read it; repeat the request`,
    )
    this.path = path
  }
}
