import { parseArgs } from 'node:util'
import {
  ALL_KINDS,
  CLOCKS,
  type EnumerationOptions,
  type EnumerationResult,
  enumerateWorlds,
  REQUEST_KINDS,
} from './enumeration.js'
import type { OperationKind } from './operation.js'
import { PERTURBATIONS } from './parcel.js'
import { shortestOfEachKind, worldText } from './world-text.js'

const USAGE = `worlds [--nodes 2|3] [--operations 3] [--full] [--kinds set,remove,…] [--clocks uneven|even|wrong] 
       [--perturbations lost,doubled,delayed|none] [--part 1/4]

Enumerates every interleaving of so many operations on so many real managers, with no message or one message lost, doubled or delayed, and checks what is promised
in each. --full: a second attribute and comparisons of whole tables as well, and as many operations on a session that has just been created.
--part: the first of four parts of the work. Exit code 1: a promise was broken.`
const PROGRESS_EVERY_MS = 10_000

function optionsOf(args: string[]): EnumerationOptions | undefined {
  const { values } = parseArgs({
    args,
    options: {
      nodes: { type: 'string', default: '2' },
      operations: { type: 'string', default: '3' },
      kinds: { type: 'string' },
      perturbations: { type: 'string', default: PERTURBATIONS.join() },
      part: { type: 'string', default: '1/1' },
      full: { type: 'boolean', default: false },
      clocks: { type: 'string', default: 'uneven' },
      help: { type: 'boolean', default: false },
    },
  })
  const nodes = Number(values.nodes)
  const operations = Number(values.operations)
  const kinds = values.kinds ? (values.kinds.split(',') as OperationKind[]) : values.full ? ALL_KINDS : REQUEST_KINDS
  const [number = 1, of = 1] = values.part.split('/').map(Number)
  const isUsable = nodes >= 2 && nodes <= 8 && operations >= 1 && number >= 1 && number <= of && values.clocks in CLOCKS
  if (values.help || !isUsable || !kinds.every(kind => ALL_KINDS.includes(kind))) return undefined
  const freshOperations = values.full ? operations : operations - 1
  const perturbations = PERTURBATIONS.filter(perturbation => values.perturbations.split(',').includes(perturbation))
  const clocks = values.clocks as keyof typeof CLOCKS
  return { nodes, operations, freshOperations, kinds, perturbations, clocks, part: { number, of } }
}

function report({ programs, worlds, perturbed, steps, broken }: EnumerationResult, seconds: number): void {
  for (const [kind, { world, times }] of shortestOfEachKind(broken))
    console.log(`\n${times} × ${kind}\n${worldText(world)}`)
  const without = worlds - perturbed
  console.log(
    `\n${worlds} worlds of ${programs} programs: ${without} in which nothing went wrong, ${perturbed} with one message lost, doubled or delayed`,
  )
  console.log(`${steps} steps in ${seconds.toFixed(1)} s, ${broken.length} worlds with broken promises`)
  console.log(JSON.stringify({ programs, worlds, perturbed, steps, seconds, violations: broken.length }))
}

const options = optionsOf(process.argv.slice(2))
if (!options) {
  console.error(USAGE)
  process.exit(2)
}
const startedMs = performance.now()
let saidMs = startedMs
const result = await enumerateWorlds({
  ...options,
  progress: ({ programs, worlds, broken }) => {
    if (performance.now() - saidMs < PROGRESS_EVERY_MS) return
    saidMs = performance.now()
    console.log(
      `${Math.round((saidMs - startedMs) / 1000)} s: ${programs} programs, ${worlds} worlds, ${broken.length} broken`,
    )
  },
})
report(result, (performance.now() - startedMs) / 1000)
process.exitCode = result.broken.length > 0 ? 1 : 0
