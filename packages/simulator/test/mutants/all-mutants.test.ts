import { spawnSync } from 'node:child_process'
import t from 'tap'
import { allMutants } from '../../src/mutants/all-mutants.js'
import { appliedEdits } from '../../src/mutants/applied-edits.js'
import { profiles } from '../../src/schedule/profiles.js'

/** Reads sources from its input, tells of those that are no programs. */
const PARSER = `
  const { SourceTextModule } = require('node:vm')
  for (const [name, source] of JSON.parse(require('node:fs').readFileSync(0, 'utf8')))
    try { new SourceTextModule(source) } catch (error) { console.log(name + ': ' + error.message) }`

t.test('every mutant applies to what is built, and is still a program', async t => {
  const sources = allMutants.flatMap(mutant => {
    try {
      return Array.from(appliedEdits(mutant), ([file, source]) => [`${mutant.name} in ${file}`, source])
    } catch (error) {
      t.fail((error as Error).message)
      return []
    }
  })
  const { stdout, status } = spawnSync(process.execPath, ['--experimental-vm-modules', '-e', PARSER], {
    input: JSON.stringify(sources),
    encoding: 'utf8',
  })
  t.equal(status, 0)
  t.equal(stdout, '')
})

t.test('every mutant has a name of its own, says what it breaks, and changes something', async t => {
  t.equal(new Set(allMutants.map(m => m.name)).size, allMutants.length)
  for (const { name, breaks, expected, edits } of allMutants) {
    t.match(breaks, /^[A-Z].*\.$/, name)
    t.ok(expected.every(invariant => /^I1?\d$/.test(invariant)) && expected.length > 0, name)
    for (const { line, becomes } of edits) {
      t.not(line, becomes, name)
      t.notMatch(line + becomes, /\n/, `${name}: one line`)
    }
  }
})

t.test('a mutant that names a profile names one that there is', async t => {
  for (const { name, profile } of allMutants) if (profile) t.ok(profiles[profile], `${name}: ${profile}`)
})
