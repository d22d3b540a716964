/** A timer that was set and can be taken back. */
export interface Timer {
  cancel(): void
}

/**
 * Time, as a port. `now` measures silence and expiry; `wallTime` only feeds the hybrid logical clock and what people read.
 * No timer keeps the process open by itself.
 */
export interface Clock {
  /** Monotonic milliseconds; the origin means nothing. */
  now(): number
  /** Milliseconds since 1970; may jump. */
  wallTime(): number
  /** Calls `fire` once after at least `delayMs`. */
  setTimer(delayMs: number, fire: () => void): Timer
  /** Calls `fire` once when the events of this turn have been handled: what was queued meanwhile leaves in one write. */
  endOfTurn(fire: () => void): void
}
