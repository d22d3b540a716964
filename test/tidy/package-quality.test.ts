import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const PUBLISHED = ['tribes', 'ha', 'http', 'node', 'simulator', 'conformance', 'clowder']

function npx(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('npx', args, { cwd: root, encoding: 'utf8' })
  return { status, output: `${stdout}${stderr}` }
}

for (const pkg of PUBLISHED) {
  t.test(`publint finds nothing wrong in ${pkg}`, async t => {
    const { status, output } = npx(['publint', '--strict', `packages/${pkg}`])
    t.equal(status, 0, output)
  })

  t.test(`types of ${pkg} resolve for those who install it`, async t => {
    const { status, output } = npx(['attw', '--pack', `packages/${pkg}`, '--profile', 'esm-only'])
    t.equal(status, 0, output)
  })
}

t.test('no export, file or dependency is dead', async t => {
  const { status, output } = npx(['knip', '--no-progress'])
  t.equal(status, 0, output)
})
