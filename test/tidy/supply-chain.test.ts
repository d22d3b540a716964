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
  readonly optional?: boolean
  readonly os?: readonly string[]
  readonly cpu?: readonly string[]
  readonly libc?: readonly string[]
  readonly optionalDependencies?: Record<string, string>
}

/** Of everything that is installed, by its path. */
const locked = Object.entries(
  (JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: Record<string, Locked> }).packages,
).filter(([path, { link }]) => path.includes('node_modules/') && !link)

t.test('what is installed is known by its hash, from no registry in particular, and runs nothing', async t => {
  t.ok(locked.length > 100)
  const named = (has: (entry: Locked) => boolean) => locked.filter(([, entry]) => has(entry)).map(([path]) => path)
  t.strictSame(
    named(entry => entry.resolved !== undefined),
    [],
  )
  t.strictSame(
    named(entry => entry.integrity === undefined && !isForAnotherSystem(entry)),
    [],
  )
  // docs/dependencies.md says of each why it is not needed.
  t.strictSame(
    named(entry => entry.hasInstallScript === true),
    ['node_modules/esbuild', 'node_modules/msgpackr-extract'],
  )
  t.match(readFileSync(join(root, '.npmrc'), 'utf8'), /^ignore-scripts=true$/m)
})

t.test(
  'the lock file names every optional package of a locked one, for whichever system: npm ci refuses one that does not',
  async t => {
    const paths = new Set(locked.map(([path]) => path))
    for (const [path, { optionalDependencies = {} }] of locked)
      for (const name of Object.keys(optionalDependencies))
        t.ok(paths.has(`node_modules/${name}`) || paths.has(`${path}/node_modules/${name}`), `${name} of ${path}`)
  },
)

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

t.test('what is published says the same of itself everywhere', async t => {
  const folders = ['clowder', 'conformance', 'ha', 'http', 'node', 'simulator', 'tribes'].map(name =>
    join('packages', name),
  )
  const versions = new Set<string>()
  for (const folder of folders) {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    const { version, license, type, engines, files, exports, keywords, description, sideEffects } = manifest
    versions.add(version)
    const said = { license, type, engines, files, sideEffects }
    t.strictSame(
      said,
      {
        license: 'Apache-2.0',
        type: 'module',
        engines: { node: '^20.19.0 || >=22.12.0' },
        files: ['dist', 'src', 'README.md', 'LICENSE'],
        sideEffects: false,
      },
      folder,
    )
    t.equal(exports['./package.json'], './package.json', folder)
    t.ok(keywords.length > 3 && description.endsWith('.'), folder)
  }
  t.equal(versions.size, 1)
})

/** A binary that npm passes by on Linux with glibc, on Intel or ARM: those are installed and tried here. */
function isForAnotherSystem({ optional, os, cpu, libc }: Locked): boolean {
  if (!optional || !os || !cpu) return false
  return !os.includes('linux') || !cpu.some(name => name === 'x64' || name === 'arm64') || libc?.[0] === 'musl'
}
