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

/** One attribute is larger than allowed. It keeps the value it had before the request. */
export class AttributeTooLargeError extends HaError {
  readonly path: string
  readonly bytes: number
  readonly maxBytes: number
  constructor(path: string, bytes: number, maxBytes: number) {
    super(
      'HA_ATTRIBUTE_TOO_LARGE',
      `session attribute ${path} is ${bytes} bytes large, more than the ${maxBytes} allowed by manager.maxAttributeBytes; store less, or raise the option on every node`,
    )
    this.path = path
    this.bytes = bytes
    this.maxBytes = maxBytes
  }
}

/** An attribute's name begins with a character that is kept for what is no attribute. It is not stored; the other changes of the same request are. */
export class ReservedNameError extends HaError {
  readonly path: string
  constructor(path: string) {
    super(
      'HA_RESERVED_NAME',
      `session attribute ${JSON.stringify(path)} has a name that begins with U+0000 or U+0001, which no attribute can have; name it otherwise`,
    )
    this.path = path
  }
}

/** The attribute was written by a later version of the application, which knows more of it than this one could keep. It stays as it is; the other changes of the same request are kept. */
export class NewerSchemaError extends HaError {
  readonly path: string
  constructor(path: string, found: number, known: number) {
    super(
      'HA_NEWER_SCHEMA',
      `session attribute ${path} is of schema version ${found} and this application knows version ${known}: it is not overwritten; replace this instance, or remove the attribute with the later version`,
    )
    this.path = path
  }
}

/** A migration of `manager.schemas` threw, or is missing. The attribute stays as it is. */
export class SchemaMigrationError extends HaError {
  readonly path: string
  constructor(path: string, from: number, to: number, problem: string, options?: ErrorOptions) {
    super(
      'HA_SCHEMA_MIGRATION',
      `session attribute ${path} could not be made version ${to} of version ${from}: ${problem}`,
      options,
    )
    this.path = path
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

/** Whoever chooses session ids has chosen one that no session can have. */
export class BadSessionIdError extends HaError {
  constructor(id: unknown) {
    const found = typeof id === 'string' ? `text of ${Buffer.byteLength(id)} bytes` : String(typeof id)
    super(
      'HA_BAD_SESSION_ID',
      `a session id is well-formed text of 1 to 128 bytes, given: ${found}; let the function that makes the ids (genid) make shorter ones`,
    )
  }
}

/** A session that lives for as long as this says would live for ever, or not at all, by an accident. */
export class BadMaxInactiveIntervalError extends HaError {
  constructor(given: unknown) {
    super(
      'HA_BAD_MAX_INACTIVE_INTERVAL',
      `maxInactiveInterval is a number of seconds (0 or less: the session never expires), given: ${typeof given === 'number' ? given : typeof given}`,
    )
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

/** The user has as many sessions as `users.limit` allows, and `users.whenOver` is 'refuse'. */
export class TooManyUserSessionsError extends HaError {
  readonly limit: number
  constructor(limit: number) {
    super(
      'HA_TOO_MANY_USER_SESSIONS',
      `this user already has ${limit} sessions, as many as users.limit allows; end one of them (cluster.sessions.of, end), or set users.whenOver to 'endOldest'`,
    )
    this.limit = limit
  }
}

/** Bytes of a user's id. */
export const MAX_USER_BYTES = 120

/** What is to be a user's id is none. The id itself is not shown: it is personal. */
export class BadUserIdError extends HaError {
  constructor(found: string, options?: ErrorOptions) {
    super(
      'HA_BAD_USER_ID',
      `the id of a session's user is ${found}; give text of 1 to ${MAX_USER_BYTES} bytes, or a number, and nothing (undefined) where nobody is logged in`,
      options,
    )
  }
}

/** Nobody keeps account of the sessions' users. */
export class UsersDisabledError extends HaError {
  constructor(action: string) {
    super(
      'HA_USERS_DISABLED',
      `cannot ${action}: set the option users on every member (users: {} is enough); sessions of further applications have no users`,
    )
  }
}

/** The name of a context does not fit an id. */
export class BadContextNameError extends HaError {
  readonly contextName: string
  constructor(contextName: string, maxBytes: number) {
    super(
      'HA_BAD_CONTEXT_NAME',
      `a context cannot be called ${JSON.stringify(contextName)}; use at most ${maxBytes} bytes of well-formed text`,
    )
    this.contextName = contextName
  }
}

/** Whoever watches a session takes its changes more slowly than they come. */
export class WatchOverflowError extends HaError {
  readonly maxBuffered: number
  constructor(maxBuffered: number) {
    super(
      'HA_WATCH_OVERFLOW',
      `more than ${maxBuffered} changes of a watched session have not been taken; read the session anew and watch again, or raise maxBuffered`,
    )
    this.maxBuffered = maxBuffered
  }
}

/** This member does not hold the session, so that it does not hear of its changes. */
export class SessionNotHeldError extends HaError {
  constructor() {
    super(
      'HA_SESSION_NOT_HELD',
      'cannot watch: the session lives on other members (manager.copies); watch it on one that holds it, or let all hold all',
    )
  }
}
