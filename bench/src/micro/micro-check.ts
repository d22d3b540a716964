import { numberText } from '../figures/markdown.js'
import { spreadOf } from '../figures/spread.js'
import type { MicroResults, MicroRow } from './micro-family.js'

/** What the median of one day and another may differ by without meaning anything, on a machine that does other things as well. */
const ALLOWED_FACTOR = 1.5

/** Sentences about the operations that have become slower than they were, in loops of the reference. None: all is well. */
export function slowerThan(recorded: MicroResults, measured: MicroResults, factor = ALLOWED_FACTOR): string[] {
  return measured.rows.flatMap(row => {
    const before = recorded.rows.find(({ title }) => title === row.title)
    if (!before) return [`'${row.title}' is not recorded: run the benchmark once without --check`]
    const times = medianOf(row) / medianOf(before)
    if (times <= factor) return []
    return [
      `'${row.title}' takes ${numberText(times, 2)} times as long as recorded (${numberText(medianOf(row), 3)} loops, recorded ${numberText(medianOf(before), 3)}, allowed ${factor} times)`,
    ]
  })
}

function medianOf({ loops }: MicroRow): number {
  return spreadOf(loops).median
}
