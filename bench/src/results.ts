import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { spreadText } from './figures/markdown.js'
import { spreadOf } from './figures/spread.js'
import type { HttpResults } from './http/http-family.js'
import { httpReport } from './http/http-report.js'
import { type Machine, machineText } from './machine.js'
import type { MicroResults } from './micro/micro-family.js'
import { microReport } from './micro/micro-report.js'
import type { StateResults } from './state/state-family.js'
import { stateReport } from './state/state-report.js'
import type { TribesResults } from './tribes/tribes-family.js'
import { tribesReport } from './tribes/tribes-report.js'

/** When and where the figures of one family were taken. */
export interface Taken {
  readonly date: string
  readonly machine: Machine
  readonly versions: Readonly<Record<string, string>>
  readonly rounds: number
  readonly secondsPerRun: number
  readonly isQuick: boolean
}

export interface Results {
  readonly tribes?: { readonly taken: Taken; readonly results: TribesResults }
  readonly http?: { readonly taken: Taken; readonly results: HttpResults }
  readonly state?: { readonly taken: Taken; readonly results: StateResults }
  readonly micro?: { readonly taken: Taken; readonly results: MicroResults }
}

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

export function reportOf({ tribes, http, state, micro }: Results): string {
  const families = [
    tribes && `${tribesReport(tribes.results)}\n\n${takenText(tribes.taken, tribes.results.otherLoad)}`,
    http && `${httpReport(http.results)}\n\n${takenText(http.taken, http.results.otherLoad)}`,
    state && `${stateReport(state.results)}\n\n${takenText(state.taken, state.results.otherLoad)}`,
    micro && `${microReport(micro.results)}\n\n${takenText(micro.taken, micro.results.otherLoad)}`,
  ]
  return families.filter(family => family !== undefined).join('\n\n')
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

function readResults(): Results {
  return existsSync(JSON_FILE) ? (JSON.parse(readFileSync(JSON_FILE, 'utf8')) as Results) : {}
}
