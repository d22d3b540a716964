/** From `min` to `max`, each value as likely. */
export interface Range {
  readonly min: number
  readonly max: number
}

/** How one directed link behaves. Each fault is off by default, and draws nothing from the random generator while it is off. */
export interface Physics {
  /** How long anything travels one way, ms. @default { min: 0.1, max: 1 } */
  readonly latencyMs: Range
  /** What a datagram takes longer. @default none */
  readonly datagramDelayMs: Range
  /** What a stream's bytes take longer; their order stays. @default none */
  readonly streamDelayMs: Range
  /** Share of datagrams that vanish. @default 0 */
  readonly datagramLoss: number
  /** Share of datagrams that arrive twice. @default 0 */
  readonly datagramDuplication: number
  /** Share of datagrams that are held back for up to a second, so that later ones overtake them. @default 0 */
  readonly datagramReorder: number
  /** Datagrams of more bytes than this vanish, as where fragments are dropped. @default Infinity */
  readonly datagramMaxBytes: number
  /** What all streams of a link together get through in a millisecond (1 Mbit/s: 125). @default Infinity */
  readonly bytesPerMs: number
  /** Every connection that is opened meanwhile is reset when it has brought so many bytes one way; a number is drawn for each way. @default none */
  readonly resetAfterBytes: Range | undefined
}

const NONE: Range = { min: 0, max: 0 }

/** No fault at all. */
export const SOUND: Physics = {
  latencyMs: { min: 0.1, max: 1 },
  datagramDelayMs: NONE,
  streamDelayMs: NONE,
  datagramLoss: 0,
  datagramDuplication: 0,
  datagramReorder: 0,
  datagramMaxBytes: Infinity,
  bytesPerMs: Infinity,
  resetAfterBytes: undefined,
}
