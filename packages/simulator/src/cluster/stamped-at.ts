/** See docs/design/0001. */
const EPOCH_MS = Date.UTC(2020, 0, 1)
const TICKS_PER_MS = 4096

/** When something with this stamp was written, by its writer's clock, epoch ms. */
export function stampedAtMs(stamp: number): number {
  return EPOCH_MS + stamp / TICKS_PER_MS
}
