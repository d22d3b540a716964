import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

t.test('the tests of the example pass, run as its README says', async t => {
  const { NODE_OPTIONS, NODE_TEST_CONTEXT, ...env } = process.env
  const args = ['--test', '--test-reporter=tap', path('../dist/app.spec.js')]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  t.equal(status, 0, `${stdout}${stderr}`)
  t.match(stdout, /^# pass 4$/m)
})

t.test('docs/testing.md shows the tests of the example', async t => {
  const page = readFileSync(path('../../../docs/testing.md'), 'utf8')
  const [, shown] = /app\.spec\.ts.* -->\n\n```ts\n([\s\S]*?)```/.exec(page) ?? []
  t.equal(shown, readFileSync(path('../src/app.spec.ts'), 'utf8'))
})
