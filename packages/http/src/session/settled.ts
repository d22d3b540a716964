import type { AcknowledgementLevel } from '@clowder/ha'
import { BadAcknowledgeError } from '../errors.js'

/** Called once, never in the turn of the call that it was given to. */
export type SessionCallback = (error?: unknown) => void

/** What `save` and `destroy` of one session are told. */
export interface CommitOptions {
  /** How much must hold this before it counts as done, and the answer leaves. @default the valve's */
  readonly acknowledge?: AcknowledgementLevel | undefined
}

const levels: readonly unknown[] = ['async', 'backup', 'all', undefined]

/** `(callback)`, `(options)`, `(options, callback)` or nothing. Throws BadAcknowledgeError. */
export function calledWith(first: CommitOptions | SessionCallback | undefined, second: SessionCallback | undefined) {
  const { acknowledge, callback } =
    typeof first === 'function' ? { callback: first } : { acknowledge: first?.acknowledge, callback: second }
  if (!levels.includes(acknowledge)) throw new BadAcknowledgeError(acknowledge)
  return { acknowledge, callback }
}

/**
 * Gives `outcome` to `callback`, or to whoever awaits what is returned. A failure that nobody awaits is not an unhandled rejection: it has been
 * logged and counted where it happened, and must not end the process.
 */
export function settled<T>(outcome: Promise<T>, callback: SessionCallback | undefined): Promise<T> {
  // What the callback returns is nobody's: of `() => session.save(next)` a promise that rejects although `next` has been told.
  if (callback)
    outcome.then(
      () => void callback(),
      error => void callback(error),
    )
  else outcome.catch(() => undefined)
  return outcome
}
