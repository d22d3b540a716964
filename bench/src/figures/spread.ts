/** What repeated measurements came to. */
export interface Spread {
  readonly median: number
  readonly low: number
  readonly high: number
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.filter(value => !Number.isNaN(value)).sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, low: sorted[0]!, high: sorted.at(-1)! }
}

/** Round by round, because two measurements taken one after the other share what the machine was doing. */
export function spreadOfPairs(
  as: readonly number[],
  bs: readonly number[],
  combine: (a: number, b: number) => number,
): Spread {
  return spreadOf(as.slice(0, bs.length).map((a, i) => combine(a, bs[i]!)))
}

/** The value that `share` of all are below. */
export function percentile(sorted: Float64Array | readonly number[], share: number): number {
  return sorted.length === 0 ? 0 : sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
}
