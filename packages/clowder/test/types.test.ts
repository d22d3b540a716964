import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const compiler = fileURLToPath(new URL('../../../node_modules/typescript-7/bin/tsc', import.meta.url))

/** What the compiler has to say of a user's program, declarations of packages included. */
function complaintsOf(program: string): string {
  const project = fileURLToPath(new URL(`types/tsconfig.${program}.json`, import.meta.url))
  // Without tap's module loader, which every process started from here would inherit and which cannot load the compiler.
  const command = ['-u', 'NODE_OPTIONS', process.execPath, compiler, '-p', project, '--pretty', 'false']
  const { stdout, stderr } = spawnSync('env', command, { encoding: 'utf8' })
  return `${stdout}${stderr}`
}

t.test('req.session has the types of SessionData, in Express and in plain handlers', async t => {
  t.equal(complaintsOf('own-middleware'), '')
})

t.test('with @types/express-session in the program req.session is as that says, and nothing contradicts', async t => {
  t.equal(complaintsOf('beside-express-session'), '')
})
