/** CLOCK_MONOTONIC, ms: the same in every process of this host, so that what they tell fits in one history. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
