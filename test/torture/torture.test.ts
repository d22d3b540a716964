import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { cannotRun } from './cli/cannot-run.js'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const SCHEDULES = 30
/** Those without a limit of time: how fast it all is, `npm run torture -- --scenarios all` tells. */
const SCENARIOS = [
  'logout-in-partition',
  'conflicting-writes',
  'born-in-cut',
  'short-stops',
  'heartbeat-loss',
  'rolling-restart',
].join(',')

/** The faults that these seeds draw, what must come of them, and what must have been looked at: else nothing was proved. */
const REACHED = [
  ...['F01', 'F04', 'F05', 'F06', 'F07', 'F09', 'F14', 'F20', 'F21', 'F22', 'F23', 'F24', 'F26', 'F29', 'F33', 'F34'],
  ...['acknowledged held', 'acknowledged degraded', 'told conflict', 'manager.antiEntropy.statesSent'],
  ...['acknowledgedWritesChecked', 'logoutsChecked', 'readsChecked', 'sessionsCompared', 'toldChecked'],
]

t.setTimeout(600_000)

const skip = cannotRun()

interface Outcome {
  readonly code: number | null
  readonly output: string
  /** The last line. */
  readonly totals: Record<string, unknown>
}

async function torture(...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', text => {
      output += text
    })
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  const json = output.split('\n').findLast(line => line.startsWith('{')) ?? '{}'
  return { code, output, totals: JSON.parse(json) }
}

/** In the name of what failed, so that whoever sees only that knows what to run again. */
function objections(output: string): readonly string[] {
  return output.split('\n').filter(line => /^(SEED|NOT DONE| {2}I\d+:)/.test(line))
}

t.test(`${SCHEDULES} schedules of real faults on real processes: every promise is kept`, { skip }, async t => {
  const { code, output, totals } = await torture('--schedules', String(SCHEDULES))
  t.equal(code, 0, ['exit code', ...objections(output)].join(' | '), { output: output.split('\n') })
  t.equal(totals.schedules, SCHEDULES, 'all were done')
  t.strictSame(totals.violations, {}, 'violations')
  const { reached } = totals as { reached: Record<string, number> }
  for (const name of REACHED) t.ok(reached?.[name], `${name} was reached`)
})

t.test('each named scenario, in small, is what it is promised to be', { skip }, async t => {
  const { code, output, totals } = await torture('--scenarios', SCENARIOS, '--small')
  t.equal(code, 0, 'exit code', { output: output.split('\n') })
  t.strictSame(totals.scenariosNotKept, [], 'what was not kept')
})
