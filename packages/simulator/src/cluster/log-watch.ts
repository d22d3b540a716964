export interface LogWatchComponents {
  now(): number
  /** A promise is seen to be broken. */
  broken(what: string): void
}

/** A process says the same thing about the same stranger once in so many ms at most. */
const REFUSAL_EVERY_MS = 60_000
const DEAF = 'multicast does not work here'
const LISTENER_FAILED = /^A listener of \w+ failed\.$/
/** Whoever has its session to itself, and stands still for too long, is told so; and who cannot have it to itself in time, or finds out that another request was faster. */
const UNLOCKED: ReadonlySet<unknown> = new Set([
  'HA_SESSION_LOCK_LOST',
  'HTTP_SESSION_LOCK_TIMEOUT',
  'HTTP_SESSION_OVERTAKEN',
])
const ATTRIBUTE_REFUSED = /^session attribute (\S+) /

/** Reads what a process logs: some lines are owed, some must be few, and some errors are what was asked for. */
export class LogWatch {
  /** Errors of the application's listeners that were contained and told of. */
  listenerFailures = 0
  /** Values that were refused, and told of. */
  refusals = 0
  deafWarnings = 0
  /** Lines that tell of somebody of another cluster or another protocol. */
  strangersRefused = 0
  readonly #components: LogWatchComponents
  readonly #refusedAtMs = new Map<string, number>()

  constructor(components: LogWatchComponents) {
    this.#components = components
  }

  warned(line: string): void {
    if (line.includes(DEAF) && ++this.deafWarnings > 1) this.#components.broken(`one warning is enough: ${line}`)
    if (line.startsWith('refused ')) this.#refused(line)
  }

  /** Whether this error is nothing but the answer to what the run does on purpose. `isRefusing`: values are refused for their size or their kind. `code`: of the error that is told of. */
  isExpected(line: string, isRefusing: boolean, code?: unknown): boolean {
    if (UNLOCKED.has(code)) return true
    if (LISTENER_FAILED.test(line)) {
      this.listenerFailures++
      return true
    }
    const isRefusal = isRefusing && ATTRIBUTE_REFUSED.test(line)
    if (isRefusal) this.refusals++
    return isRefusal
  }

  #refused(line: string): void {
    this.strangersRefused++
    const nowMs = this.#components.now()
    const lastMs = this.#refusedAtMs.get(line) ?? Number.NEGATIVE_INFINITY
    this.#refusedAtMs.set(line, nowMs)
    if (nowMs - lastMs < REFUSAL_EVERY_MS)
      this.#components.broken(`one line a minute is enough, this is the next after ${nowMs - lastMs} ms: ${line}`)
  }
}
