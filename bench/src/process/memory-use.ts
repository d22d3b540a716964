import { setTimeout as delay } from 'node:timers/promises'

export interface MemoryUse {
  /** What the program holds, in bytes: its heap, and the buffers beside it. */
  readonly held: number
  /** What the system counts as this process's. */
  readonly rss: number
}

const COLLECTIONS = 3
const SETTLE_MS = 300

/** After garbage collection, for which a Node.js process needs `--expose-gc`. Buffers are given back a moment after their owners. */
export async function memoryUse(): Promise<MemoryUse> {
  if (!globalThis.gc) throw new Error('this process was started without --expose-gc')
  for (let n = 0; n < COLLECTIONS; n++) {
    globalThis.gc()
    await delay(SETTLE_MS)
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { held: heapUsed + external, rss }
}
