import type { Spread } from '../figures/spread.js'

/** Who a bar is about: ours, somebody else's, or what the machine allows. */
export type BarKind = 'clowder' | 'peer' | 'floor'

export interface Bar {
  readonly label: string
  readonly kind: BarKind
  readonly spread: Spread
}

/** Bars that can be compared with each other, because they are of one unit and one piece of work. */
export interface Panel {
  readonly title: string
  readonly unit: string
  readonly bars: readonly Bar[]
  /** Where Clowder's bars are to end, or to begin. */
  readonly goal?: number
}

/** Bars without figures are left out, and panels without bars. */
export function panelsOf(panels: readonly Panel[]): readonly Panel[] {
  return panels
    .map(panel => ({ ...panel, bars: panel.bars.filter(({ spread }) => Number.isFinite(spread.median)) }))
    .filter(({ bars }) => bars.length > 0)
}
