import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))

t.test('whoever quits while the nodes start is not shown an error', async t => {
  const demo = spawn(process.execPath, [MAIN, '--port', String(20_000 + (process.pid % 20_000))])
  t.teardown(() => demo.kill('SIGKILL'))
  const exit = once(demo, 'exit')
  const trouble = text(demo.stderr)
  await once(demo.stdout, 'data')
  demo.kill('SIGINT')
  t.strictSame(await exit, [130, null])
  t.equal(await trouble, '')
})
