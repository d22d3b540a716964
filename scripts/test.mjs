// `npm test`: set-up, style, types, then every test file, then one plain closing line.
// Arguments narrow it to test files whose path contains one of them: `npm test -- transport`.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))
const wanted = process.argv.slice(2)

function step(name, command, args) {
  process.stdout.write(`${name} …\n`)
  const { status } = spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status === 0) return
  process.stdout.write(`${name} failed\n0 passed, 1 failed\n`)
  process.exit(1)
}

function testFiles() {
  const roots = ['packages', 'examples', 'test', 'bench'].filter(root => existsSync(root))
  const files = roots.flatMap(root => readdirSync(root, { recursive: true }).map(file => `${root}/${file}`))
  return files
    .filter(file => file.endsWith('.test.ts') && !/(^|\/)(node_modules|dist)\//.test(file))
    .filter(file => wanted.length === 0 || wanted.some(part => file.includes(part)))
    .sort()
}

function isHeavy(file) {
  return (
    file.endsWith('/torture.test.ts') ||
    file.endsWith('/flood.test.ts') ||
    file.endsWith('/mutants.test.ts') ||
    file.endsWith('/many-seeds.test.ts')
  )
}

/** Runs tap, passes its output on, and resolves with its totals and exit code. */
function runTap(files, jobs) {
  const env = { ...process.env, TS_NODE_PROJECT: `${process.cwd()}/tsconfig.test.json`, TAP_CWD: process.cwd() }
  const tap = spawn('npx', ['tap', 'run', '--reporter=tap', `--jobs=${jobs}`, ...files], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const totals = { pass: 0, fail: 0 }
  createInterface({ input: tap.stdout }).on('line', line => {
    const total = /^# \{ total: \d+(?:, pass: (\d+))?(?:, fail: (\d+))?/.exec(line)
    if (total) Object.assign(totals, { pass: Number(total[1] ?? 0), fail: Number(total[2] ?? 0) })
    // Passing files are one line each; what failed is shown whole, and so is what was skipped.
    if (/^(not )?ok |^# (?!Subtest)|^\s+not ok |^\s+ok .*# SKIP|^Bail out/.test(line) || inFailure(line))
      process.stdout.write(`${line}\n`)
  })
  return new Promise(resolve => tap.on('close', code => resolve({ ...totals, code })))
}

let failing = false
/** The diagnostics block under a `not ok` line. */
function inFailure(line) {
  if (/^\s*not ok /.test(line)) failing = true
  else if (/^\s*\.\.\.$/.test(line) && failing) {
    failing = false
    return true
  } else if (/^\s*ok /.test(line)) failing = false
  return failing
}

step('Set-up', process.execPath, ['scripts/prepare.mjs'])
if (wanted.length === 0) {
  step('Style', 'npx', ['biome', 'ci', '--colors=off', '--error-on-warnings', '.'])
  step('Types', process.execPath, ['node_modules/typescript-7/bin/tsc', '-p', 'tsconfig.check.json'])
}
const files = testFiles()
process.stdout.write(`Tests: ${files.length} files …\n`)
const total = { pass: 0, fail: 0 }
// What keeps every core busy by itself comes afterwards, one file at a time: beside it, everybody's deadlines would be measured on a starved machine.
for (const [phase, jobs] of [
  [files.filter(file => !isHeavy(file)), 2],
  [files.filter(isHeavy), 1],
]) {
  if (phase.length === 0) continue
  const { pass, fail, code } = await runTap(phase, jobs)
  total.pass += pass
  total.fail += fail === 0 && code !== 0 ? 1 : fail
}
process.stdout.write(`${total.pass} passed, ${total.fail} failed\n`)
process.exit(total.fail > 0 || total.pass === 0 ? 1 : 0)
