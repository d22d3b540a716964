import t from 'tap'
import { readRunOptions } from '../../src/run/run-options.js'

t.test('options are read as they are given', async t => {
  const options = readRunOptions(['--seeds', '5', '--first', '7', '--workers', '9', '--profile', 'churn', '--timeline'])
  t.match(options, { seeds: 5, first: 7, workers: 5, profile: 'churn', timeline: true, shrink: false })
})

t.test('what makes no sense is refused', async t => {
  t.throws(() => readRunOptions(['--seeds', 'many']), /--seeds is a whole number from 1, not many/)
  t.throws(() => readRunOptions(['--profile', 'none']), /no such profile/)
  t.throws(() => readRunOptions(['--sedes', '1']), /sedes/)
})
