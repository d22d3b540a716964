import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { clowderCommand } from '../src/command/clowder-command.js'
import { readOptions } from '../src/options/read-options.js'

const MAIN = fileURLToPath(new URL('../dist/command/main.js', import.meta.url))

function run(args: readonly string[], isTTY = false) {
  const told = { stdout: '', stderr: '' }
  const code = clowderCommand(args, {
    stdout: { write: text => (told.stdout += text) },
    stderr: { write: text => (told.stderr += text), isTTY },
  })
  return { code, ...told }
}

t.test('a secret is 32 random bytes that createCluster accepts, and nothing else is on standard output', async t => {
  const { code, stdout, stderr } = run(['secret'])
  t.equal(code, 0)
  t.match(stdout, /^[\w-]{43}\n$/)
  t.equal(stderr, '')
  t.strictSame(readOptions({ secret: stdout.trim() }).secret, [stdout.trim()])
  t.not(run(['secret']).stdout, stdout)
})

t.test('a person is told what to do with it', async t => {
  const { stdout, stderr } = run(['secret'], true)
  t.match(stderr, /CLOWDER_SECRET.*createCluster/s)
  t.notOk(stderr.includes(stdout.trim()))
})

t.test('help is for those who ask, and for those who err', async t => {
  for (const args of [['--help'], ['-h'], ['help'], ['secret', '--help']]) {
    const { code, stdout } = run(args)
    t.equal(code, 0)
    t.match(stdout, /clowder secret/)
  }
  for (const args of [[], ['sceret'], ['secret', 'two'], ['--bytes', '16']]) {
    const { code, stdout, stderr } = run(args)
    t.equal(code, 2)
    t.equal(stdout, '')
    t.match(stderr, /clowder secret/)
  }
})

t.test('the command that is installed does the same', async t => {
  t.match(execFileSync(process.execPath, [MAIN, 'secret'], { encoding: 'utf8' }), /^[\w-]{43}\n$/)
})
