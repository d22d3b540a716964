import { setTimeout as delay } from 'node:timers/promises'
import type { LineProcess } from './line-process.js'

const TIMEOUT_MS = 180_000
const LOOK_MS = 10

/** Asks again and again. Rejects, naming the process, when it takes minutes. */
export async function until(of: LineProcess, isSo: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + TIMEOUT_MS
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`${of.name} did not get there`)
    await delay(LOOK_MS)
  }
}
