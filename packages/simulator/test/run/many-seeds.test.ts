import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const MAIN = fileURLToPath(new URL('../../dist/run/main.js', import.meta.url))
const SEEDS = 1000

t.setTimeout(1_800_000)

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

t.test(`${SEEDS} seeds: every promise is kept, and everything is met that is to be met`, async t => {
  const { code, output, totals } = await simulate('--seeds', String(SEEDS))
  t.equal(totals.seeds, SEEDS, 'all were run')
  for (const [promise, broken] of Object.entries(totals.violations)) t.equal(broken, 0, promise, { output })
  t.equal(code, 0, 'exit code', { output })
  // A search that never gets anywhere proves nothing. What checkers count is no state: much of it should be 0.
  for (const [name, times] of Object.entries(totals.reached)) if (!name.startsWith('checked.')) t.ok(times, name)
})
