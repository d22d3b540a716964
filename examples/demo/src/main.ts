import { constants } from 'node:os'
import { type Demo, startDemo } from './demo.js'
import { type DemoOptions, readDemoOptions, USAGE, UsageError } from './demo-options.js'
import { KEYS_TEXT, listenToKeys } from './keyboard.js'
import { tellStory } from './narrator.js'
import { showJournal } from './terminal.js'

let quitting: Promise<never> | undefined
const options = optionsOrExit()
const demo = await startDemo(options)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void quit(128 + constants.signals[signal]))
if (options.script) await quit((await tellStory(demo)) ? 0 : 1)
else await play(demo)

/** Runs until somebody quits. */
async function play({ supervisor, journal, site }: Demo): Promise<void> {
  showJournal(journal, process.stdout)
  try {
    await supervisor.startAll()
  } catch (error) {
    // Whoever quits meanwhile ends the processes that were starting.
    if (!quitting) process.stderr.write(`${(error as Error).message}\n`)
    await quit(1)
  }
  process.stdout.write(`\nOpen http://${options.host === '0.0.0.0' ? '<this host>' : options.host}:${site.port}/\n`)
  if (!process.stdin.isTTY) return
  process.stdout.write(`${KEYS_TEXT}\n\n`)
  listenToKeys(process.stdin, supervisor, () => void quit(0))
}

/** The first reason holds. */
function quit(exitCode: number): Promise<never> {
  quitting ??= demo.end().then(() => process.exit(exitCode))
  return quitting
}

function optionsOrExit(): DemoOptions {
  try {
    const options = readDemoOptions(process.argv.slice(2))
    if (!options.help) return options
    process.stdout.write(USAGE)
    process.exit(0)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n\n${USAGE}`)
    process.exit(2)
  }
}
