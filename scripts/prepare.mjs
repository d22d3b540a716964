// Makes a fresh clone ready to run: installs what the lock file names, then builds what has changed. Quiet unless something fails.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = `${root}node_modules/.prepared`

function run(command, args, doing) {
  process.stderr.write(`${doing} …\n`)
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' }
  const result = spawnSync(command, args, { cwd: root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  if (result.status === 0) return
  process.stderr.write(`${result.stdout}${result.stderr}\n${doing} failed (exit ${result.status ?? result.signal})\n`)
  process.exit(1)
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22
  if (supported) return
  process.stderr.write(`Clowder needs Node.js ^20.19 or >=22.12; this is ${process.versions.node}\n`)
  process.exit(1)
}

checkNode()
const wanted = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .digest('hex')
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
if (installed !== wanted) {
  // `npm ci` takes exactly what the lock file names, and begins by deleting what is there: not what somebody wants whose node_modules is a month old.
  const how = existsSync(`${root}node_modules`) ? ['install', '--no-save'] : ['ci']
  run('npm', [...how, '--ignore-scripts', '--no-audit', '--no-fund'], 'Installing')
  writeFileSync(
    stamp,
    createHash('sha256')
      .update(readFileSync(`${root}package-lock.json`))
      .digest('hex'),
  )
}
run('npx', ['turbo', 'run', 'build', '--output-logs=errors-only'], 'Building')
