/** Every error of this package has a stable `code`, documented in docs/errors.md. */
export class HttpError extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** The route would not survive in a cookie, or no balancer could read it. */
export class BadJvmRouteError extends HttpError {
  readonly jvmRoute: string
  constructor(jvmRoute: string) {
    super(
      'HTTP_BAD_JVM_ROUTE',
      `jvmRoute ${JSON.stringify(jvmRoute)} cannot stand in a cookie; use 1 to 64 of the characters A-Z a-z 0-9 _ -`,
    )
    this.jvmRoute = jvmRoute
  }
}

/** A cookie setting that no browser would accept, or that contradicts another. */
export class BadCookieOptionError extends HttpError {
  readonly option: string
  constructor(option: string, given: unknown, allowed: string) {
    super('HTTP_BAD_COOKIE_OPTION', `cookie.${option} is ${JSON.stringify(given)}; ${allowed}`)
    this.option = option
  }
}

/** A setting of a store that it does not have, or a value that it cannot have. */
export class BadStoreOptionError extends HttpError {
  readonly option: string
  constructor(option: string, given: unknown, allowed: string) {
    super('HTTP_BAD_STORE_OPTION', `the store's option ${option} is ${JSON.stringify(given)}; ${allowed}`)
    this.option = option
  }
}

/** The store that a site is moving from, or back to, did not do what it was asked. The cluster goes on without it. */
export class FormerStoreError extends HttpError {
  readonly action: string
  constructor(action: string, problem: string, options?: ErrorOptions) {
    super('HTTP_FORMER_STORE', `the former session store (option migration) did not ${action}: ${problem}`, options)
    this.action = action
  }
}

/** Without a secret that cannot be guessed, anybody could make a cookie. */
export class BadSecretsError extends HttpError {
  constructor(minCharacters: number) {
    super(
      'HTTP_BAD_SECRETS',
      `secrets must be a list of one or more strings of at least ${minCharacters} characters, the same on every node; the first signs, all verify`,
    )
  }
}

/** `filter` is not a regular expression. */
export class BadFilterError extends HttpError {
  readonly filter: string
  constructor(filter: string, options?: ErrorOptions) {
    super('HTTP_BAD_FILTER', `filter ${JSON.stringify(filter)} is not a regular expression`, options)
    this.filter = filter
  }
}

/** `genid` made an id that cannot be one, or one that is taken. Nobody's session is handed out for it. */
export class BadGenidError extends HttpError {
  constructor(problem: string) {
    super('HTTP_BAD_GENID', `genid made a session id that ${problem}`)
  }
}

/** An acknowledgement that does not exist was asked of `save` or `destroy`. */
export class BadAcknowledgeError extends HttpError {
  constructor(given: unknown) {
    super('HTTP_BAD_ACKNOWLEDGE', `acknowledge is ${JSON.stringify(given)}; give 'async', 'backup' or 'all'`)
  }
}

/** The session was ended, here or on another node, so that it cannot be saved or loaded any more. */
export class SessionGoneError extends HttpError {
  constructor(action: string) {
    super('HTTP_SESSION_GONE', `failed to ${action} session: it has ended`)
  }
}

/** An attribute would hide a member of the session object. */
export class ReservedAttributeError extends TypeError {
  readonly code = 'HTTP_RESERVED_ATTRIBUTE'
  readonly attribute: string
  constructor(attribute: string) {
    super(`req.session.${attribute} belongs to the session itself and cannot be assigned; name the attribute otherwise`)
    this.name = new.target.name
    this.attribute = attribute
  }
}

/** Only null and undefined may be assigned to `req.session`, which ends it, and nothing to `req.sessionID`. */
export class SessionAssignedError extends TypeError {
  readonly code = 'HTTP_SESSION_ASSIGNED'
  constructor(property = 'req.session') {
    super(
      `${property} cannot be replaced; assign attributes of req.session, end it with null, use req.session.regenerate(), or make ids with valve.genid`,
    )
    this.name = new.target.name
  }
}

/** The session's lock could not be had in time. `status` and `headers` are what express and its like answer with. */
export class SessionLockTimeoutError extends HttpError {
  readonly status = 503
  readonly headers = { 'Retry-After': '1' }
  readonly timeoutMs: number
  constructor(timeoutMs: number) {
    super(
      'HTTP_SESSION_LOCK_TIMEOUT',
      `the lock of this session could not be had within ${timeoutMs} ms: other requests of the same client have it, or a member that had it is gone; try again`,
    )
    this.timeoutMs = timeoutMs
  }
}

/** A request that was not expected to change its session has done so, and another request has changed meanwhile what it had read. */
export class SessionOvertakenError extends HttpError {
  readonly status = 503
  readonly headers = { 'Retry-After': '1' }
  readonly attributes: readonly string[]
  constructor(attributes: readonly string[]) {
    super(
      'HTTP_SESSION_OVERTAKEN',
      `another request changed ${attributes.join(', ')} in this session meanwhile; nothing that this request changed in it is kept; try again, or call req.session.lock() before reading`,
    )
    this.attributes = attributes
  }
}

/** `whenStale: 'refuse'`, where there is no HTTP answer that could say so with 503. */
export class StaleSessionError extends HttpError {
  constructor() {
    super(
      'HTTP_STALE_SESSION',
      'the latest state of this session is out of reach, and whenStale is refuse; ask the client to try again',
    )
  }
}

/** Something was asked of the request's session, and it has none. */
export class NoSessionError extends HttpError {
  constructor() {
    super(
      'HTTP_NO_SESSION',
      'this request has no session: mount cluster.express() in front, look whether valve.filter matches, and do not ask after the session was destroyed',
    )
  }
}

/** `login` after the answer's headers: the client would not get the cookies that it is to come with. */
export class LateLoginError extends HttpError {
  constructor() {
    super(
      'HTTP_LATE_LOGIN',
      'nobody can be logged in when the headers of the answer have been sent, because the cookies go with them; call login before the first write',
    )
  }
}
