import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const MAIN = fileURLToPath(new URL('../../dist/run/main.js', import.meta.url))

/** What only one in a hundred schedules meets is left to longer searches: F08, F46, F53. */
const CLASSES = [
  ...['F01', 'F02', 'F03', 'F04', 'F05', 'F06', 'F07', 'F09', 'F10', 'F11', 'F12', 'F13', 'F14', 'F15'],
  ...['F20', 'F21', 'F22', 'F23', 'F24', 'F25', 'F26', 'F27', 'F28', 'F29', 'F30', 'F31', 'F32', 'F33'],
  ...['F34', 'F35', 'F36', 'F37', 'F38', 'F40', 'F41', 'F42', 'F43', 'F44', 'F45', 'F47', 'F48', 'F49'],
  ...['F50', 'F51', 'F52', 'F55', 'F56', 'F57'],
]

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
    for (const fault of CLASSES) t.ok(totals.reached[fault], fault)
  })
}
