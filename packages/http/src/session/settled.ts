/** Called once, never in the turn of the call that it was given to. */
export type SessionCallback = (error?: unknown) => void

/**
 * Gives `outcome` to `callback`, or to whoever awaits what is returned. A failure that nobody awaits is not an unhandled rejection: it has been
 * logged and counted where it happened, and must not end the process.
 */
export function settled<T>(outcome: Promise<T>, callback: SessionCallback | undefined): Promise<T> {
  if (callback) outcome.then(() => callback(), callback)
  else outcome.catch(() => undefined)
  return outcome
}
