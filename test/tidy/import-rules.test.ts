import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))

interface SourceFile {
  /** From the repository's root, e.g. `packages/ha/src/state/entry.ts`. */
  readonly path: string
  readonly text: string
  /** Without comments. */
  readonly code: string
  readonly imports: readonly string[]
}

function sourceFiles(pkg: string): SourceFile[] {
  const folder = join('packages', pkg, 'src')
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.ts'))
    .map(name => readSource(join(folder, name)))
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8')
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1')
  const imports = [...code.matchAll(/\bfrom\s+'([^']+)'|\bimport\s*\(?\s*'([^']+)'/g)].map(m => (m[1] ?? m[2])!)
  return { path, text, code, imports }
}

const PACKAGES = ['tribes', 'ha', 'http', 'node', 'simulator', 'conformance', 'clowder'] as const
/** Downward only: what each package's source may import of the others. */
const MAY_SEE: Record<(typeof PACKAGES)[number], readonly string[]> = {
  tribes: [],
  ha: ['@clowder/tribes'],
  http: ['@clowder/ha', '@clowder/tribes'],
  node: ['@clowder/tribes'],
  simulator: ['@clowder/http', '@clowder/ha', '@clowder/tribes'],
  conformance: [],
  clowder: ['@clowder/http', '@clowder/ha', '@clowder/tribes', '@clowder/node'],
}
/** What a user's own tests import: the one place outside the simulator that may use it. */
const TESTING = 'packages/clowder/src/testing/'
const all = PACKAGES.flatMap(pkg => sourceFiles(pkg).map(file => ({ pkg, ...file })))

/** The file that a relative import names, from the repository's root. */
function resolved(file: SourceFile, specifier: string): string {
  return normalize(join(dirname(file.path), specifier)).replace(/\.js$/, '.ts')
}

t.test('packages import downward only', async t => {
  for (const { pkg, path, imports } of all) {
    const siblings = imports.filter(i => i === 'clowder' || i.startsWith('@clowder/'))
    const allowed = path.startsWith(TESTING) ? [...MAY_SEE[pkg], '@clowder/simulator'] : MAY_SEE[pkg]
    t.strictSame(
      siblings.filter(i => !allowed.includes(i)),
      [],
      path,
    )
  }
})

t.test('nothing that runs in production imports the cluster for tests', async t => {
  for (const file of all.filter(f => f.path.startsWith('packages/clowder/') && !f.path.startsWith(TESTING)))
    t.notOk(
      file.imports.some(i => i.startsWith('.') && resolved(file, i).startsWith(TESTING)),
      file.path,
    )
})

t.test('relative imports stay inside their package', async t => {
  for (const file of all) {
    const outside = file.imports.filter(
      i => i.startsWith('.') && !resolved(file, i).startsWith(`packages/${file.pkg}/src/`),
    )
    t.strictSame(outside, [], file.path)
  }
})

t.test('tribes and ha take time, chance, sockets and output only through ports', async t => {
  const FORBIDDEN =
    /\bDate\.now\b|\bnew Date\(\)|\bperformance\b|\bMath\.random\b|\bset(Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\bconsole\b|\bprocess\b\./
  for (const { path, code, imports } of all.filter(f => f.pkg === 'tribes' || f.pkg === 'ha')) {
    t.strictSame(
      imports.filter(i => i.startsWith('node:')),
      [],
      `${path}: no node module`,
    )
    t.notMatch(code, FORBIDDEN, path)
  }
})

/** Remembers what a pure function has made of its arguments, so that nobody can tell whether it is there. */
const MEMO = 'packages/ha/src/state/version-vector.ts'

t.test('tribes and ha have no mutable state at module level', async t => {
  for (const { path, code } of all.filter(f => f.pkg === 'tribes' || f.pkg === 'ha')) {
    t.notMatch(code, /^(export )?let /m, path)
    const collections =
      code.match(/^(?:export )?const \w+(?:: .+)? = new (?:Map|Set|WeakMap|WeakSet)(?:<.*>)?\(\)/gm) ?? []
    t.equal(collections.length, path === MEMO ? 1 : 0, path)
  }
})

t.test('in tribes, layers know each other only where the architecture says so', async t => {
  for (const file of all.filter(f => f.pkg === 'tribes')) {
    const targets = file.imports
      .filter(i => i.startsWith('.'))
      .map(i => resolved(file, i).replace('packages/tribes/src/', ''))
    const folder = file.path.replace('packages/tribes/src/', '').split('/')[0]
    const seen = (name: string) => targets.filter(target => target.startsWith(`${name}/`))
    if (folder === 'interceptors') {
      t.strictSame(
        [...seen('interceptors').filter(isOtherInterceptor), ...seen('group'), ...seen('membership')],
        [],
        file.path,
      )
      t.strictSame(
        seen('transport').filter(target => target !== 'transport/channel-sender.ts'),
        [],
        file.path,
      )
    }
    if (folder === 'membership') t.strictSame(seen('transport'), [], file.path)
    if (folder === 'transport') t.strictSame(seen('membership'), [], file.path)
    if (folder === 'wire' || folder === 'ports')
      t.strictSame([...seen('group'), ...seen('transport'), ...seen('membership')], [], file.path)
  }
})

/** An interceptor's own parts may be files of their own; what extends ChannelInterceptor may not be imported by another that does. */
function isOtherInterceptor(target: string): boolean {
  return readSource(join('packages/tribes/src', target)).code.includes('extends ChannelInterceptor')
}

t.test('in ha, state is pure: it sees neither manager, session nor wire', async t => {
  for (const file of all.filter(f => f.path.startsWith('packages/ha/src/state/'))) {
    const upward = file.imports.filter(
      i => i.startsWith('.') && !resolved(file, i).startsWith('packages/ha/src/state/'),
    )
    t.strictSame(upward, [], file.path)
  }
})

t.test('no file is called utils, helpers or common, and none grows past what can be read', async t => {
  for (const { path, text } of all) {
    t.notMatch(path, /\b(utils?|helpers?|common|misc)\b/i, path)
    t.ok(text.split('\n').length <= 400, `${path} has ${text.split('\n').length} lines, at most 400`)
  }
})

t.test('runtime dependencies of what a user installs are the three that are argued for', async t => {
  const argued = ['eventemitter3', 'msgpackr', 'zod']
  for (const pkg of PACKAGES.filter(p => p !== 'simulator')) {
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'packages', pkg, 'package.json'), 'utf8'))
    const foreign = Object.keys(dependencies).filter(name => !name.startsWith('@clowder/'))
    t.strictSame(
      foreign.filter(name => !argued.includes(name)),
      [],
      pkg,
    )
    for (const [name, version] of Object.entries(dependencies)) t.match(version, /^\d+\.\d+\.\d+$/, `${name} is pinned`)
  }
})

t.test('the lock file names no registry host', async t => {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8')
  t.notMatch(lock, /"resolved": "https?:/)
})

const FACES = 'packages/clowder/src/faces/'

t.test('a face is reached by its own subpath only, so that nobody needs a framework of others', async t => {
  for (const file of all.filter(f => !f.path.startsWith(FACES)))
    t.notOk(
      file.imports.some(i => i.startsWith('.') && resolved(file, i).startsWith(FACES)),
      file.path,
    )
})
