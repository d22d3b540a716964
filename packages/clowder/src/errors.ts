import { type Member, memberText } from '@clowder/tribes'

/** Every error of this package: `code` is stable and documented in docs/errors.md. */
export class ClowderError extends Error {
  readonly code: string
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** Bytes of an attribute that are no value: they were damaged, or written by something that is not Clowder. The attribute cannot be read; others can. */
export class UndecodableValueError extends ClowderError {
  constructor(cause: unknown) {
    super(
      'CLOWDER_UNDECODABLE_VALUE',
      'a session attribute cannot be decoded: its bytes are damaged, or come from an incompatible version; set it anew, and run the same version on every node',
      { cause },
    )
  }
}

/** One thing that is wrong with the options. */
export interface OptionProblem {
  /** The option, e.g. `membership.dropTime`. */
  readonly path: string
  /** What was given, as text; secrets are not shown. */
  readonly given: string
  /** What is allowed, or what to do. */
  readonly allowed: string
}

/** Thrown by `createCluster` before anything is started; names everything that is wrong, not only the first. */
export class OptionsError extends ClowderError {
  readonly problems: readonly OptionProblem[]
  constructor(problems: readonly OptionProblem[], code = 'CLOWDER_BAD_OPTIONS', lead = leadOf(problems)) {
    const lines = problems.map(({ path, given, allowed }) => `  ${path}: ${given}; ${allowed}`)
    super(code, [lead, ...lines].join('\n'))
    this.problems = problems
  }
}

/** How one comes to a secret. */
export const SECRET_ADVICE =
  'set the option secret, or CLOWDER_SECRET, to the same 32 random bytes or more on every member (`npx clowder secret` prints some)'
/** For who has no other members. */
export const LONE_SECRET_ADVICE =
  'set the option secret, or CLOWDER_SECRET, to 32 random bytes or more (`npx clowder secret` prints some)'

/** The options are in order, but would expose members without a secret to the network. */
export class InsecureAddressError extends OptionsError {
  constructor(problems: readonly OptionProblem[]) {
    super(
      problems,
      'CLOWDER_INSECURE_ADDRESS',
      `Without a secret members cannot authenticate each other, so only loopback addresses are allowed. To leave this host, ${SECRET_ADVICE}; insecure: true does without, in a network in which everybody is trusted:`,
    )
  }
}

/** `cluster.keyring` where there is no secret, or members do not authenticate each other, so that none can be told. */
export class KeyringDisabledError extends ClowderError {
  constructor() {
    super(
      'CLOWDER_KEYRING_DISABLED',
      'keys cannot be changed at run time: set the option secret, or CLOWDER_SECRET, on every member, and leave out insecure: true',
    )
  }
}

/** `addKey` with what is no secret. */
export class BadSecretError extends ClowderError {
  readonly minBytes: number
  constructor(minBytes: number) {
    super('CLOWDER_BAD_SECRET', `a secret is text of at least ${minBytes} bytes, best random ones`)
    this.minBytes = minBytes
  }
}

/** A key is not used before every member present has it. */
export class KeyNotHeldError extends ClowderError {
  readonly id: string
  readonly members: readonly Member[]
  constructor(id: string, members: readonly Member[]) {
    super(
      'CLOWDER_KEY_NOT_HELD',
      `key ${id} is not used yet: ${members.map(memberText).join(', ')} did not acknowledge it in time; see to that member, then use the key again`,
    )
    this.id = id
    this.members = members
  }
}

/** `cluster.context` without the option. */
export class ContextDisabledError extends ClowderError {
  constructor() {
    super(
      'CLOWDER_CONTEXT_DISABLED',
      'there is no context that all members share: set the option context (context: {} is enough) on every member',
    )
  }
}

/** `cluster.migration` without the option. */
export class MigrationDisabledError extends ClowderError {
  constructor() {
    super('CLOWDER_MIGRATION_DISABLED', 'there is no former store to move from: set the option migration')
  }
}

/** `cluster.application(name)` with a name that the option `applications` does not have. */
export class NoSuchApplicationError extends ClowderError {
  constructor(name: string, names: readonly string[]) {
    super(
      'CLOWDER_NO_SUCH_APPLICATION',
      `there is no application ${JSON.stringify(name)}: the option applications has ${names.length === 0 ? 'none' : names.join(', ')}`,
    )
  }
}

/** `cluster.singleSignOn` without the option. */
export class SignOnDisabledError extends ClowderError {
  constructor() {
    super(
      'CLOWDER_SIGN_ON_DISABLED',
      'there is no single sign-on: set the option singleSignOn (singleSignOn: {} is enough) on every member',
    )
  }
}

function leadOf(problems: readonly OptionProblem[]): string {
  return problems.length === 1 ? 'An option is not acceptable:' : `${problems.length} options are not acceptable:`
}

/** A face that stands on Node's own request and response was given a request that has none. */
export class NoNodeRequestError extends ClowderError {
  constructor() {
    super(
      'CLOWDER_NO_NODE_REQUEST',
      'this request has no Node request beneath it: serve the app with @hono/node-server, and in tests ask getRequestListener(app.fetch) instead of app.request()',
    )
  }
}

/** `clowderSessions(io, cluster)` before `io` has its HTTP server. */
export class NoEngineError extends ClowderError {
  constructor() {
    super(
      'CLOWDER_NO_ENGINE',
      'this Socket.IO server has no HTTP server yet: call clowderSessions after new Server(httpServer), io.attach or io.listen',
    )
  }
}

/** What makes a middleware was used as if it were the middleware, or without what it needs. `example` is what to write instead. */
export class FaceMisusedError extends ClowderError {
  readonly example: string
  constructor(problem: string, example: string) {
    super('CLOWDER_FACE_MISUSED', `${problem}: write ${example}`)
    this.example = example
  }
}

/** Of the messages of Socket.IO too much waits for a member: what comes now does not reach its sockets. Logged, once until it has caught up. */
export class SocketsBehindError extends ClowderError {
  readonly member: Member
  readonly waitingBytes: number
  readonly maxBacklogBytes: number
  constructor(member: Member, waitingBytes: number, maxBacklogBytes: number) {
    super(
      'CLOWDER_SOCKETS_BEHIND',
      `${waitingBytes} bytes of Socket.IO wait for ${memberText(member)}, and no broadcast is queued past ${maxBacklogBytes} (maxBacklogBytes of clowderAdapter) until it has caught up: send less at once, or raise it`,
    )
    this.member = member
    this.waitingBytes = waitingBytes
    this.maxBacklogBytes = maxBacklogBytes
  }
}
