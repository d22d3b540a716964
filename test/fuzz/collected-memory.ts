import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Resident memory once there is no garbage. */
export function collectedMemoryBytes(): number {
  collect()
  collect()
  return process.memoryUsage.rss()
}
