/** `quiet`: worth a question. `silent`: to be suspected. */
export type Liveness = 'alive' | 'quiet' | 'silent'

export interface SilenceTimeouts {
  readonly quietMs: number
  readonly silentMs: number
}

/** What the time since the last sign of life says about a member. Every boundary belongs to the worse state. */
export function livenessOf(heardAtMs: number, nowMs: number, timeouts: SilenceTimeouts): Liveness {
  const silenceMs = nowMs - heardAtMs
  if (silenceMs < timeouts.quietMs) return 'alive'
  return silenceMs < timeouts.silentMs ? 'quiet' : 'silent'
}
