import t from 'tap'
import { slowerThan } from '../src/micro/micro-check.js'

const results = (loops: Record<string, readonly number[]>) => ({
  rows: Object.entries(loops).map(([title, loops]) => ({ title, loops, nanoseconds: loops })),
  otherLoad: [0],
})

t.test(
  'an operation is slower than recorded when even its best round is by more than the allowed factor, and is named',
  async t => {
    const recorded = results({ commit: [0.1, 0.1, 0.11], join: [0.2, 0.2, 0.2] })
    t.strictSame(slowerThan(recorded, results({ commit: [9, 0.14, 9], join: [0.1, 0.9, 0.2] })), [])
    const [only, ...others] = slowerThan(recorded, results({ commit: [0.17, 0.16, 0.16], join: [0.2, 0.2, 0.2] }))
    t.match(only, /'commit' takes 1\.60 times as long as recorded/)
    t.strictSame(others, [])
  },
)

t.test('an operation that nobody has recorded is named too', async t => {
  t.match(slowerThan(results({}), results({ commit: [0.1] })), [/'commit' is not recorded/])
})
