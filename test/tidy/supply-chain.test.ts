import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface Locked {
  readonly link?: boolean
  readonly integrity?: string
  readonly resolved?: string
  readonly hasInstallScript?: boolean
}

/** Of everything that is installed, by its path. */
const locked = Object.entries(
  (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> }).packages,
).filter(([path, { link }]) => path.includes('node_modules/') && !link)

t.test('what is installed is known by its hash, from no registry in particular, and runs nothing', async t => {
  t.ok(locked.length > 100)
  const named = (has: (entry: Locked) => boolean) => locked.filter(([, entry]) => has(entry)).map(([path]) => path)
  t.strictSame(
    named(entry => entry.integrity === undefined || entry.resolved !== undefined),
    [],
  )
  // docs/dependencies.md says of each why it is not needed.
  t.strictSame(
    named(entry => entry.hasInstallScript === true),
    ['node_modules/esbuild', 'node_modules/msgpackr-extract'],
  )
  t.match(readFileSync(join(root, '.npmrc'), 'utf8'), /^ignore-scripts=true$/m)
})

t.test('every version is exact, and every published package says where it was built', async t => {
  const folders = ['packages', 'examples'].flatMap(parent =>
    readdirSync(join(root, parent)).map(name => join(parent, name)),
  )
  for (const folder of ['.', 'bench', ...folders]) {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const versions = Object.values<string>({ ...manifest.dependencies, ...manifest.devDependencies })
    t.strictSame(
      versions.filter(version => !/^(npm:.+@)?\d+\.\d+\.\d+$/.test(version)),
      [],
      folder,
    )
    if (!manifest.private) t.strictSame(manifest.publishConfig?.provenance, true, folder)
  }
})
