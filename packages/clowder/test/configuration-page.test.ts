import { readFileSync } from 'node:fs'
import t from 'tap'
import { configurationPage } from '../scripts/configuration-page.js'
import { adviceOn } from '../src/options/foreign-options.js'
import { optionTexts } from '../src/options/option-paths.js'

const page = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8')

t.test('docs/configuration.md says what the schema says', async t => {
  const written = page('configuration.md')
  t.equal(written, configurationPage(), 'else run: npx tsx packages/clowder/scripts/write-configuration-page.ts')
})

t.test(
  'every attribute of server.xml in docs/coming-from-tomcat.md is an option here, or refused with advice',
  async t => {
    const options = new Set(optionTexts().map(({ path }) => path.split('.').at(-1)))
    const [ofServerXml = ''] = page('coming-from-tomcat.md').split('## The servlet API')
    const rows = ofServerXml.split('\n').filter(line => line.startsWith('| ') && !line.startsWith('| operations'))
    const names = rows.flatMap(row => [...row.split('|')[1]!.matchAll(/`([a-z]\w+)`/g)].map(match => match[1]!))
    t.ok(names.length > 70, `${names.length} attributes`)
    const unknown = names.filter(name => !options.has(name) && adviceOn(name) === undefined)
    t.strictSame(unknown, [])
  },
)
