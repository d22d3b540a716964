import { spreadOf } from '../figures/spread.js'
import type { Panel } from '../plot/panel.js'
import type { MicroResults } from './micro-family.js'

export function microPanels({ rows }: MicroResults): Panel[] {
  const bars = rows.map(({ title, nanoseconds }) => ({
    label: title,
    kind: title.includes('no Clowder') ? ('floor' as const) : ('clowder' as const),
    spread: spreadOf(nanoseconds.map(ns => ns / 1000)),
  }))
  return [{ title: 'Single operations', unit: 'µs of CPU', bars }]
}
