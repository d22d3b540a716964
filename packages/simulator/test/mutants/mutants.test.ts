import t from 'tap'
import { allMutants } from '../../src/mutants/all-mutants.js'
import { Baseline, verdictOn } from '../../src/mutants/verdict.js'

const SPAN = { firstSeed: 1, seeds: 10 }

/** `npm run mutants` tries all of them, with more seeds. */
const quick = allMutants.filter(mutant => mutant.isQuick)

t.test(
  'of bugs planted in the protocol the checkers find each within a few seeds',
  { timeout: 300_000, jobs: 2 },
  async t => {
    const baseline = new Baseline()
    t.ok(quick.length >= 20)
    for (const mutant of quick)
      void t.test(`${mutant.name}: ${mutant.breaks}`, { buffered: true, timeout: 120_000 }, async t => {
        const { result, skipped } = await verdictOn(mutant, SPAN, baseline)
        t.equal(result.kind, 'killed', `${JSON.stringify(result)} ${skipped.length > 0 ? `skipped ${skipped}` : ''}`)
      })
  },
)

t.test('what was never planted is no verdict', async t => {
  const [someone] = allMutants
  const gone = { name: someone!.name, breaks: 'Nothing.', expected: ['I1'], edits: [] }
  const { result } = await verdictOn({ ...gone, name: 'nobody' }, { firstSeed: 1, seeds: 1 }, new Baseline())
  t.match(result, { kind: 'void', why: /no such mutant: nobody/ })
})
