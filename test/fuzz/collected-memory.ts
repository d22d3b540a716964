import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Threads of V8 give pages back to the system after a collection, when the processor is theirs for once. */
const GIVE_BACK_MS = 250

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Resident memory once there is no garbage. `unwatched`: what takes long in it is nobody's fault. */
export async function collectedMemoryBytes(unwatched: <T>(act: () => T) => T = act => act()): Promise<number> {
  for (let round = 0; round < 2; round++) {
    unwatched(collect)
    await new Promise(resolve => setTimeout(resolve, GIVE_BACK_MS))
  }
  return process.memoryUsage.rss()
}
