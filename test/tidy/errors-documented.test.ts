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

t.test('every error code is thrown in some test', async t => {
  const tested = new Set([...codesIn('packages', '/test/'), ...codesIn('test', '')])
  t.strictSame(
    thrownCodes().filter(code => !tested.has(code)),
    [],
  )
})
