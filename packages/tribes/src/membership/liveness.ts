/**
 * `alive`: nothing is wrong. `suspect`: a question is open for too long, so others are asked as well. `lost`: nobody has heard it for too long.
 * `unreachable`: somebody still hears it, but for longer than a line may be disturbed nothing came from it over TCP.
 */
export type Liveness = 'alive' | 'suspect' | 'lost' | 'unreachable'

/** One of two asks first, and the other one need not. */
export const LATER_ASKER = 1.08

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
  /** Without anything heard for this long a member is asked over its connection, in a small group; by the later one of two in `LATER_ASKER` times as long. */
  readonly quietMs: number
  readonly suspectMs: number
  readonly lostMs: number
  readonly unreachableMs: number
}

/**
 * With the defaults (500, 3000): 255, 1250, 2200 and 4000 ms. A member that nobody hears is lost within 1.08 × 0.51 × frequency + 11/15 × dropTime after its last sign
 * of life, so always within dropTime; and a process that stood still for two thirds of dropTime (2 s) never is. A little more than half of a frequency: one question
 * between two heartbeats is enough.
 */
export function silenceTimeouts({
  frequencyMs,
  dropTimeMs,
}: {
  frequencyMs: number
  dropTimeMs: number
}): SilenceTimeouts {
  return {
    quietMs: Math.min(0.51 * frequencyMs, ((4 / 15) * dropTimeMs - frequencyMs / 20) / LATER_ASKER),
    suspectMs: (5 / 12) * dropTimeMs,
    lostMs: (11 / 15) * dropTimeMs,
    unreachableMs: (4 / 3) * dropTimeMs,
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
  const { quietMs, suspectMs, lostMs, unreachableMs } = timeouts
  return { quietMs, suspectMs: suspectMs * factor, lostMs: lostMs * factor, unreachableMs: unreachableMs * factor }
}
