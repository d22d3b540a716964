import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const typedoc = join(root, 'node_modules/typedoc/bin/typedoc')

interface Reflection {
  readonly name: string
  readonly kind: number
  readonly comment?: object
  readonly signatures?: readonly Reflection[]
  readonly children?: readonly Reflection[]
}

/** Of typedoc: a name that stands in another module too, where it is described. */
const REFERENCE = 4_194_304

function isDescribed({ kind, comment, signatures = [] }: Reflection): boolean {
  return kind === REFERENCE || comment !== undefined || signatures.some(signature => signature.comment)
}

t.test('every door of clowder is in the API reference', async t => {
  const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'))
  const doors: { types?: string }[] = Object.values(read('packages/clowder/package.json').exports)
  const sources = doors.flatMap(({ types }) => types?.replace('./dist/', '').replace('.d.ts', '.ts') ?? [])
  const entryPoints: string[] = read('typedoc.json').entryPoints
  t.strictSame(entryPoints.map(path => path.replace('packages/clowder/src/', '')).sort(), sources.sort())
})

t.test('the API reference is generated without a warning, and describes everything that clowder exports', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'clowder-api-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const json = join(folder, 'api.json')
  const { status, stdout, stderr } = spawnSync(process.execPath, [typedoc, '--json', json], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' },
  })
  t.equal(status, 0, stdout + stderr)
  const { children: modules = [] } = JSON.parse(readFileSync(json, 'utf8')) as Reflection
  const all = modules.flatMap(({ name, children = [] }) => children.map(child => ({ name, child })))
  t.ok(all.some(({ child }) => child.name === 'HttpSession'))
  const bare = all.filter(({ child }) => !isDescribed(child)).map(({ name, child }) => `${name}: ${child.name}`)
  t.strictSame(bare, [])
})
