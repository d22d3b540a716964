import { numberText } from '../figures/markdown.js'
import { spreadOf } from '../figures/spread.js'
import type { Panel } from '../plot/panel.js'
import type { MemoryResults } from './memory-family.js'
import { KEEPER_TITLES, NAMES_BYTES } from './memory-report.js'

export function memoryPanels({ sizes, residents, stores }: MemoryResults): Panel[] {
  const payloads = [...new Set(sizes.map(({ bytes }) => bytes))]
  return [
    ...payloads.map(bytes => ({
      title: `An idle session of ${numberText(bytes, 0)} bytes: what it takes beyond text, id and name`,
      unit: 'bytes of heap and buffers',
      goal: 250,
      bars: sizes
        .filter(row => row.bytes === bytes)
        .map(({ keeper, runs }) => ({
          label: KEEPER_TITLES[keeper],
          kind: keeper === 'clowder' ? ('clowder' as const) : ('peer' as const),
          spread: spreadOf(runs.map(run => run.held - bytes - NAMES_BYTES)),
        })),
    })),
    ...residents.map(({ sessions, idle, resting, paced, churning }) => ({
      title: `Event-loop delay beside ${numberText(sessions, 0)} sessions, p99`,
      unit: 'ms',
      bars: [
        { label: 'an idle process', kind: 'floor' as const, spread: spreadOf([idle.p99Ms]) },
        ours('Clowder, at rest', resting.replica.p99Ms),
        ours('Clowder, 1,000 changes a second', paced.replica.p99Ms),
        ours('Clowder, as many as it can', churning.replica.p99Ms),
        ...stores
          .filter(store => store.sessions === sessions)
          .map(({ churning }) => ({
            label: 'MemoryStore, as many as it can',
            kind: 'peer' as const,
            spread: spreadOf([churning.loop.p99Ms]),
          })),
      ],
    })),
  ]
}

function ours(label: string, ms: number) {
  return { label, kind: 'clowder' as const, spread: spreadOf([ms]) }
}
