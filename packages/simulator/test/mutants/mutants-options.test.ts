import t from 'tap'
import { readMutantsOptions } from '../../src/mutants/mutants-options.js'

t.test('options are read as they are given', async t => {
  const { mutants, ...span } = readMutantsOptions(['--only', 'no-hlc,no-want', '--seeds', '5', '--profile', 'churn'])
  t.strictSame(span, { seeds: 5, first: 1, workers: 2 })
  t.strictSame(mutants.map(({ name }) => name).sort(), ['no-hlc', 'no-want'])
  for (const { profile } of mutants) t.equal(profile, 'churn')
  t.ok(readMutantsOptions([]).mutants.length > 90, 'all of them')
})

t.test('what makes no sense is refused', async t => {
  t.throws(() => readMutantsOptions(['--seeds', '0']), /--seeds is a whole number from 1, not 0/)
  t.throws(() => readMutantsOptions(['--only', 'no-hlc,none']), /no such mutant: none; there are .*no-hlc/)
  t.throws(() => readMutantsOptions(['--profile', 'none']), /no such profile/)
  t.throws(() => readMutantsOptions(['--sedes', '1']), /sedes/)
})
