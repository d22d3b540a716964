import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const CODE = /(?<=')(?:TRIBES|HA|HTTP|CLOWDER)_[A-Z]+(?:_[A-Z]+)*(?=')/g

function codesIn(folder: string, part: string): Set<string> {
  const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  const files = names.filter(name => name.endsWith('.ts') && name.includes(part) && !/node_modules|dist/.test(name))
  return new Set(files.flatMap(name => readFileSync(join(root, folder, name), 'utf8').match(CODE) ?? []))
}

function thrownCodes(): string[] {
  return [...codesIn('packages', '/src/')].sort()
}
const documented = (readFileSync(join(root, 'docs/errors.md'), 'utf8').match(/^### (\w+)$/gm) ?? [])
  .map(h => h.slice(4))
  .sort()

t.test(
  'every error code has its paragraph in docs/errors.md, and no paragraph is of a code that does not exist',
  async t => {
    t.strictSame(documented, thrownCodes())
  },
)

/** code → the class that has it, from the sources. */
function classesOfCodes(): Map<string, string> {
  const names = readdirSync(join(root, 'packages'), { recursive: true, encoding: 'utf8' })
  const sources = names.filter(
    name => name.endsWith('.ts') && name.includes('/src/') && !/node_modules|dist/.test(name),
  )
  const text = sources.map(name => readFileSync(join(root, 'packages', name), 'utf8')).join('\n')
  return new Map(
    thrownCodes().map(code => [code, /.*class (\w+)/s.exec(text.slice(0, text.indexOf(`'${code}'`)))?.[1] ?? '']),
  )
}

function testTexts(): string {
  return ['packages', 'test']
    .flatMap(folder =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(name => join(folder, name)),
    )
    .filter(name => name.endsWith('.test.ts') && !/node_modules|dist|errors-documented/.test(name))
    .map(name => readFileSync(join(root, name), 'utf8'))
    .join('\n')
}

t.test('every error is met in some test, by its code or its class', async t => {
  const tests = testTexts()
  const unmet = [...classesOfCodes()].filter(([code, name]) => !tests.includes(code) && !tests.includes(name))
  t.strictSame(unmet, [])
})
