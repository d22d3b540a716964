import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { cannotRun } from './cli/cannot-run.js'

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url))
const LOOK_MS = 50

/** Processes in whose arguments or environment this stands. */
function processesOf(text: string): string[] {
  return readdirSync('/proc').filter(
    pid => /^\d+$/.test(pid) && ['cmdline', 'environ'].some(of => read(pid, of).includes(text)),
  )
}

function read(pid: string, of: string): string {
  try {
    return readFileSync(`/proc/${pid}/${of}`, 'latin1')
  } catch {
    // It has ended meanwhile.
    return ''
  }
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise(resolve => setTimeout(resolve, LOOK_MS))
}

t.test(
  'whoever is interrupted says where its logs are, and leaves no process behind',
  { skip: cannotRun() },
  async t => {
    const folder = mkdtempSync(join(tmpdir(), 'interrupted-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const env = { ...process.env, CLOWDER_INTERRUPTED_BED: folder }
    const args = ['--import', 'tsx', MAIN, '--schedules', '1', '--keep', folder]
    const main = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    t.teardown(() => main.kill('SIGKILL'))
    let output = ''
    main.stdout.setEncoding('utf8').on('data', text => {
      output += text
    })
    // The main process, the bed's, and some of the hosts' and of the cluster.
    await until(() => processesOf(folder).length > 6)
    main.kill('SIGINT')
    t.strictSame(await once(main, 'close'), [130, null])
    t.match(output, new RegExp(`Interrupted\\. Histories and logs: ${folder}`))
    await until(() => processesOf(folder).length === 0)
    t.pass('and nothing is left')
  },
)
