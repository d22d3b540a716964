import { readFileSync } from 'node:fs'
import t from 'tap'
import { configurationPage } from '../scripts/configuration-page.js'

t.test('docs/configuration.md says what the schema says', async t => {
  const written = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')
  t.equal(written, configurationPage(), 'else run: npx tsx packages/clowder/scripts/write-configuration-page.ts')
})
