import { existsSync } from 'node:fs'
import { type BenchArguments, readArguments, USAGE } from './arguments.js'
import { httpEffort } from './http/http-effort.js'
import { HTTP_PACKAGES, runHttp } from './http/http-family.js'
import { pinnedVersions, thisMachine } from './machine.js'
import { runMicro } from './micro/micro-family.js'
import { Progress } from './process/progress.js'
import { type Results, reportOf, saveResults, type Taken } from './results.js'
import { runState } from './state/state-family.js'
import { runTribes } from './tribes/tribes-family.js'

const QUICK = { rounds: 3, tribesSeconds: 0.6, stateSizes: [10_000], microMs: 40 }
const FULL = { rounds: 7, tribesSeconds: 1.5, stateSizes: [10_000, 100_000], microMs: 200 }

function argumentsOrExit(): BenchArguments {
  try {
    return readArguments(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}\n`)
    process.exit(2)
  }
}

async function measure({ families, isQuick, only, nodeOptions }: BenchArguments): Promise<Results> {
  const { rounds, tribesSeconds, stateSizes, microMs } = isQuick ? QUICK : FULL
  const taken = (secondsPerRun: number, packages: readonly string[]): Taken => ({
    date: new Date().toISOString().slice(0, 10),
    machine: thisMachine(),
    versions: pinnedVersions(packages),
    rounds,
    secondsPerRun,
    isQuick,
  })
  const progress = new Progress()
  const tribes = families.includes('tribes') && {
    taken: taken(tribesSeconds, ['clowder']),
    results: await runTribes({ rounds, secondsPerRun: tribesSeconds, only, nodeOptions }, progress),
  }
  const http = families.includes('http') && {
    taken: { ...taken(httpEffort(isQuick).seconds, HTTP_PACKAGES), rounds: httpEffort(isQuick).rounds },
    results: await runHttp({ isQuick, only, nodeOptions }, progress),
  }
  const state = families.includes('state') && {
    taken: taken(0, ['clowder']),
    results: await runState({ rounds: Math.min(rounds, 3), sizes: stateSizes }, progress),
  }
  const micro = families.includes('micro') && {
    taken: taken(microMs / 1000, ['clowder']),
    results: await runMicro({ rounds, msPerRun: microMs }, progress),
  }
  progress.done()
  return { ...(tribes && { tribes }), ...(http && { http }), ...(state && { state }), ...(micro && { micro }) }
}

const args = argumentsOrExit()
if (!existsSync('/proc/self/stat')) {
  process.stderr.write('The benchmarks read CPU time from /proc, so they need Linux.\n')
  process.exit(1)
}
const results = await measure(args)
process.stdout.write(`${reportOf(results)}\n`)
if (args.nodeOptions.length === 0 && args.only === undefined) saveResults(results, args.jsonFile)
