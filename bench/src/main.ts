import { type BenchArguments, type Family, readArguments, USAGE } from './arguments.js'
import { machineText, thisMachine } from './machine.js'
import { Progress } from './process/progress.js'
import { runTribes } from './tribes/tribes-family.js'
import { tribesReport } from './tribes/tribes-report.js'

const args = readArguments(process.argv.slice(2))
const p = new Progress()
const r = await runTribes({ rounds: 3, secondsPerRun: 0.7, nodeOptions: args.nodeOptions }, p)
p.done()
console.log(machineText(thisMachine()))
console.log(tribesReport(r))
