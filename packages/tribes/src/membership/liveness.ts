/**
 * `alive`: nothing is wrong. `suspect`: a question is open for too long, so others are asked as well. `lost`: nobody has heard it for too long.
 * `unreachable`: somebody still hears it, but for longer than a line may be disturbed nothing came from it over TCP.
 */
export type Liveness = 'alive' | 'suspect' | 'lost' | 'unreachable'

/** Whose sign of life is a little late is asked: by the one of two first, so that the other one need not, in shares of the time in which signs are expected. */
export const ASKER = 1.03
export const LATER_ASKER = 1.07

/** What is known of one member, on the local monotonic clock. */
export interface SignsOfLife {
  /** Anything from it: a heartbeat or a byte. */
  readonly heardAtMs: number
  /** The first question since the last byte over TCP; undefined: none is open. */
  readonly askedAtMs: number | undefined
  /** When another member last heard it, as far as we were told. */
  readonly vouchedAtMs: number
}

export interface SilenceTimeouts {
  /** Within this time after a heartbeat the next sign of life is expected; who gives none is asked over its connection, `ASKER` or `LATER_ASKER` times as long after the heartbeat. */
  readonly expectedMs: number
  readonly suspectMs: number
  readonly lostMs: number
  readonly unreachableMs: number
}

/**
 * With the defaults (500, 3000): 500, 1250, 2150 and 3750 ms. A member that nobody hears is lost within 1.07 × frequency + 43/60 × dropTime after its last heartbeat, so
 * always within dropTime; and a process that stood still for two thirds of dropTime (2 s) never is: its stall began before its next heartbeat was due, and it is
 * asked after that.
 */
export function silenceTimeouts({
  frequencyMs,
  dropTimeMs,
}: {
  frequencyMs: number
  dropTimeMs: number
}): SilenceTimeouts {
  return {
    expectedMs: Math.min(frequencyMs, ((17 / 60) * dropTimeMs - frequencyMs / 20) / LATER_ASKER),
    suspectMs: (5 / 12) * dropTimeMs,
    lostMs: (43 / 60) * dropTimeMs,
    unreachableMs: (5 / 4) * dropTimeMs,
  }
}

/** Silence counts from the first question on, because only who was asked can be blamed for not answering. Every boundary belongs to the worse state. */
export function livenessOf(signs: SignsOfLife, nowMs: number, timeouts: SilenceTimeouts): Liveness {
  const { heardAtMs, askedAtMs, vouchedAtMs } = signs
  if (askedAtMs === undefined) return 'alive'
  if (nowMs - Math.max(askedAtMs, heardAtMs, vouchedAtMs) >= timeouts.lostMs) return 'lost'
  if (nowMs - askedAtMs >= timeouts.unreachableMs) return 'unreachable'
  return nowMs - askedAtMs >= timeouts.suspectMs ? 'suspect' : 'alive'
}

/** What a member that feels unwell itself grants to others. */
export function stretched(timeouts: SilenceTimeouts, factor: number): SilenceTimeouts {
  const { expectedMs, suspectMs, lostMs, unreachableMs } = timeouts
  return { expectedMs, suspectMs: suspectMs * factor, lostMs: lostMs * factor, unreachableMs: unreachableMs * factor }
}
