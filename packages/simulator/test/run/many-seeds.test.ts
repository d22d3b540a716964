import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const MAIN = fileURLToPath(new URL('../../dist/run/main.js', import.meta.url))

t.setTimeout(900_000)

interface Totals {
  readonly seeds: number
  readonly violations: Readonly<Record<string, number>>
  readonly reached: Readonly<Record<string, number>>
}

/** `npm run simulate`, as anybody would run it. */
async function simulate(...args: string[]): Promise<{ code: number | null; output: string[]; totals: Totals }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    output += text
  })
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  const lines = output.split('\n')
  return { code, output: lines, totals: JSON.parse(lines.findLast(line => line.startsWith('{')) ?? '{}') }
}

for (const [profile, seeds] of [
  ['default', 300],
  ['skewed', 60],
  ['partition', 60],
  ['churn', 60],
  ['expiry', 60],
  ['copies', 60],
  ['folding', 40],
  ['one', 30],
  ['calm', 30],
] as const) {
  t.test(`${seeds} seeds of profile ${profile}: every promise is kept`, async t => {
    const { code, output, totals } = await simulate('--seeds', String(seeds), '--profile', profile)
    t.equal(totals.seeds, seeds, 'all were run')
    for (const [promise, broken] of Object.entries(totals.violations)) t.equal(broken, 0, promise, { output })
    t.equal(code, 0, 'exit code', { output })
    if (profile !== 'default') return
    // A search that never gets anywhere proves nothing.
    for (const state of ['pullsServed', 'gapsFound', 'acknowledgementsDegraded', 'conflictsMerged', 'staleFlagged'])
      t.ok(totals.reached[state], state)
    for (const fault of [
      'F01',
      'F05',
      'F07',
      'F09',
      'F14',
      'F20',
      'F21',
      'F23',
      'F24',
      'F26',
      'F27',
      'F28',
      'F29',
      'F31',
    ])
      t.ok(totals.reached[fault], fault)
  })
}
