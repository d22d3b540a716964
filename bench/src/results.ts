import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { FAMILIES } from './families.js'
import type { Measured } from './family.js'
import { spreadText } from './figures/markdown.js'
import { spreadOf } from './figures/spread.js'
import { type Machine, machineText } from './machine.js'
import { performancePage } from './performance-page.js'
import { panelsOf } from './plot/panel.js'
import { svgPlot } from './plot/svg-plot.js'

/** When and where the figures of one family were taken. */
export interface Taken {
  readonly date: string
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  readonly rounds: number
  readonly secondsPerRun: number
  readonly isQuick: boolean
}

/** By the name of the family. */
export type Results = Readonly<Record<string, { readonly taken: Taken; readonly results: Measured }>>

const FOLDER = fileURLToPath(new URL('..', import.meta.url))
const MARKDOWN_FILE = `${FOLDER}results.md`
const PAGE_FILE = fileURLToPath(new URL('../../docs/performance.md', import.meta.url))
const JSON_FILE = `${FOLDER}results.json`

/** What was measured now replaces what was measured before, family by family. */
export function saveResults(measured: Results, jsonFile: string = JSON_FILE): void {
  const results = { ...readResults(), ...measured }
  writeFileSync(JSON_FILE, `${JSON.stringify(results, undefined, 1)}\n`)
  if (jsonFile !== JSON_FILE) writeFileSync(jsonFile, `${JSON.stringify(measured, undefined, 1)}\n`)
  for (const { file, text } of writtenFrom(results)) writeFileSync(file, text)
}

/** All that is made of the figures, so that no text can say anything else. */
export function writtenFrom(results: Results): readonly { readonly file: string; readonly text: string }[] {
  const pictures = FAMILIES.flatMap(family => {
    const one = results[family.name]
    const panels = one ? panelsOf(family.panels(one.results)) : []
    return panels.length === 0 ? [] : [{ name: family.name, text: svgPlot(`${family.name}: ${family.about}`, panels) }]
  })
  return [
    { file: MARKDOWN_FILE, text: `# Figures of \`npm run bench\`\n\n${reportOf(results)}\n` },
    {
      file: PAGE_FILE,
      text: performancePage(
        results,
        pictures.map(({ name }) => name),
      ),
    },
    ...pictures.map(({ name, text }) => ({ file: `${FOLDER}plots/${name}.svg`, text })),
  ]
}

export function reportOf(all: Results): string {
  const reports = FAMILIES.flatMap(family => {
    const one = all[family.name]
    return one ? [`${family.report(one.results)}\n\n${takenText(one.taken, one.results.otherLoad)}`] : []
  })
  return reports.join('\n\n')
}

function takenText(
  { date, machine, versions, rounds, secondsPerRun, isQuick }: Taken,
  otherLoad: readonly number[],
): string {
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `Taken ${date}: ${rounds} rounds${secondsPerRun > 0 ? ` of ${secondsPerRun} s` : ''}${isQuick ? ' (--quick: expect noise)' : ''}, all systems in turns.`,
    `${machineText(machine)}. ${packages.join(', ')}.`,
    `Other processes took ${spreadText(spreadOf(otherLoad.map(share => share * 100)), 0)} % of the machine meanwhile.`,
  ].join('\n')
}

export function readResults(): Results {
  return existsSync(JSON_FILE) ? (JSON.parse(readFileSync(JSON_FILE, 'utf8')) as Results) : {}
}
