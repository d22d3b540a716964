import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Threads of V8 give pages back to the system after a collection, when the processor is theirs for once. */
const GIVE_BACK_MS = 250

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Of a process in which there is no garbage. */
export interface CollectedMemory {
  readonly residentBytes: number
  /** Of the objects that are left and what they hold outside the heap: shows also what is kept in pages that were resident before. */
  readonly liveBytes: number
}

/** Of this process, after a collection. `unwatched`: what takes long in it is nobody's fault. */
export async function collectedMemory(unwatched: <T>(act: () => T) => T = act => act()): Promise<CollectedMemory> {
  for (let round = 0; round < 2; round++) {
    unwatched(collect)
    await new Promise(resolve => setTimeout(resolve, GIVE_BACK_MS))
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { residentBytes: rss, liveBytes: heapUsed + external }
}

/** Whichever of the two grew by more. */
export function memoryGrowthBytes(before: CollectedMemory, after: CollectedMemory): number {
  return Math.max(after.residentBytes - before.residentBytes, after.liveBytes - before.liveBytes)
}
