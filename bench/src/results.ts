import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { FAMILIES } from './families.js'
import type { Measured } from './family.js'
import { spreadText } from './figures/markdown.js'
import { spreadOf } from './figures/spread.js'
import { type Machine, machineText } from './machine.js'

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
const JSON_FILE = `${FOLDER}results.json`

/** What was measured now replaces what was measured before, family by family. */
export function saveResults(measured: Results, jsonFile: string = JSON_FILE): void {
  const results = { ...readResults(), ...measured }
  writeFileSync(JSON_FILE, `${JSON.stringify(results, undefined, 1)}\n`)
  if (jsonFile !== JSON_FILE) writeFileSync(jsonFile, `${JSON.stringify(measured, undefined, 1)}\n`)
  writeFileSync(MARKDOWN_FILE, `# Figures of \`npm run bench\`\n\n${reportOf(results)}\n`)
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
