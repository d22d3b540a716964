import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { faketimeLibrary, NOTICED_WITHIN_MS, newWallClocks } from './node/wall-clocks.js'

const HOUR_MS = 3_600_000
/** Whatever a busy machine puts between two looks at the time. */
const CLOSE_MS = 60_000
/** Tells, whenever something comes in, how far its wall clock is from that of its host, and how long it has run. */
const TELLER = "process.stdin.on('data', () => console.log(JSON.stringify([Date.now(), performance.now()])))"

const skip = faketimeLibrary() === undefined && 'NOT RUN: libfaketime is not installed'

async function told(child: ChildProcess): Promise<{ aheadMs: number; ranMs: number }> {
  child.stdin!.write('?')
  const [text] = await once(child.stdout!, 'data')
  const [wallMs, ranMs] = JSON.parse(String(text))
  return { aheadMs: wallMs - Date.now(), ranMs }
}

t.test(
  'a process believes in the time of day that its host is given, and in the time that passes',
  { skip },
  async t => {
    const folder = mkdtempSync(join(tmpdir(), 'wall-clocks-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const clocks = newWallClocks(folder)
    await clocks.shift('n1', -HOUR_MS, undefined)
    const env = { ...process.env, ...clocks.environment('n1') }
    const child = spawn(process.execPath, ['-e', TELLER], { env, stdio: ['pipe', 'pipe', 'inherit'] })
    t.teardown(() => child.kill())
    const { aheadMs, ranMs } = await told(child)
    t.ok(Math.abs(aheadMs + HOUR_MS) < CLOSE_MS, `begins ${aheadMs} ms ahead`)
    await clocks.shift('n1', HOUR_MS, undefined)
    await delay(NOTICED_WITHIN_MS + 50)
    const later = await told(child)
    t.ok(Math.abs(later.aheadMs - HOUR_MS) < CLOSE_MS, `is ${later.aheadMs} ms ahead`)
    t.ok(later.ranMs - ranMs < NOTICED_WITHIN_MS + CLOSE_MS, `and has run for ${later.ranMs} ms`)
  },
)
