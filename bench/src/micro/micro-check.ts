import { numberText } from '../figures/markdown.js'
import { spreadOf } from '../figures/spread.js'
import type { MicroResults, MicroRow } from './micro-family.js'

/** What figures of one day and another may differ by without meaning anything. */
const ALLOWED_FACTOR = 1.5

/**
 * Sentences about the operations that have become slower than they were, in loops of the reference. None: all is well. The best round is judged, because the others tell
 * what else the machine did.
 */
export function slowerThan(recorded: MicroResults, measured: MicroResults, factor = ALLOWED_FACTOR): string[] {
  return measured.rows.flatMap(row => {
    const before = recorded.rows.find(({ title }) => title === row.title)
    if (!before) return [`'${row.title}' is not recorded: run the benchmark once without --check`]
    const lowest = Math.min(...row.loops)
    const times = lowest / medianOf(before)
    if (times <= factor) return []
    return [
      `'${row.title}' takes ${numberText(times, 2)} times as long as recorded (${numberText(lowest, 3)} loops at best, recorded ${numberText(medianOf(before), 3)}, allowed ${factor} times)`,
    ]
  })
}

function medianOf({ loops }: MicroRow): number {
  return spreadOf(loops).median
}
