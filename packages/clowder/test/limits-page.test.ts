import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { optionTexts } from '../src/options/option-paths.js'

const root = new URL('../../../', import.meta.url)
const page = readFileSync(new URL('docs/limits.md', root), 'utf8')
const errors = readFileSync(new URL('docs/errors.md', root), 'utf8')

const rows = page
  .split('\n')
  .filter(line => line.startsWith('| ') && !line.startsWith('| what '))
  .map(line => line.split('|').map(cell => cell.trim()))
  .map(([, what, option, byDefault, , beyond, test]) => ({ what, option, byDefault, beyond, test }))

t.test(
  'the page of limits has the options and defaults that there are, errors that are documented, and tests that exist',
  async t => {
    t.ok(rows.length > 30)
    const texts = new Map(optionTexts().map(text => [text.path, text]))
    for (const { what, option, byDefault, beyond, test } of rows) {
      const path = option!.replaceAll('`', '')
      if (path !== '–') t.equal(String(texts.get(path)?.byDefault), byDefault, `${what}: ${path}`)
      for (const [code] of beyond!.matchAll(/[A-Z]+_[A-Z_]+/g)) t.match(errors, `### ${code}`, `${what}: ${code}`)
      t.ok(existsSync(fileURLToPath(new URL(test!, root))), `${what}: ${test}`)
    }
  },
)
