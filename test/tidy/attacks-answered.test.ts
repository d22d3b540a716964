import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const [, table = ''] = readFileSync(join(root, 'SECURITY.md'), 'utf8').split('## Known attacks')

/** The weaknesses of Tomcat's cluster by kind, and the advisories about it and about its session stores. */
const ATTACKS = [
  ...Array.from({ length: 10 }, (_, i) => `X${i + 1}`),
  ...['2020-9484', '2021-25329', '2022-23181', '2022-29885', '2025-24813', '2026-29146', '2026-34486'].map(
    number => `CVE-${number}`,
  ),
]

/** A file, then the titles of tests in it. */
const NAMED_TESTS = /`([^`]+\.test\.ts)`((?:,? "[^"]+")+)/g

t.test('every known attack has its row in SECURITY.md', async t => {
  const attacks = table.split('\n').map(row => row.split('|')[1] ?? '')
  for (const attack of ATTACKS)
    t.ok(
      attacks.some(text => new RegExp(`\\b${attack}\\b`).test(text)),
      attack,
    )
})

t.test('every test that SECURITY.md names is there, under that title, and every row names one', async t => {
  const rows = table.split('\n').filter(row => row.startsWith('| ') && !/^\| (---|attack )/.test(row))
  for (const row of rows) {
    const named = [...row.matchAll(NAMED_TESTS)]
    t.ok(named.length > 0, row.slice(0, 60))
    for (const [, file = '', titles = ''] of named) {
      const source = existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : ''
      for (const [, title = ''] of titles.matchAll(/"([^"]+)"/g)) t.ok(isTitle(source, title), `${file}: ${title}`)
    }
  }
})

/** Titles that are made in a loop have a `${}` where something differs. */
function isTitle(source: string, title: string): boolean {
  const literals = source.matchAll(/t\.test\(\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)"|`([^`]*)`)/g)
  return Array.from(literals, ([, single, double, template]) => single ?? double ?? template!).some(literal => {
    const parts = literal.replaceAll("\\'", "'").split(/\$\{[^}]*\}/)
    const pattern = parts.map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+')
    return new RegExp(`^${pattern}$`).test(title)
  })
}
