import t from 'tap'
import { type Liveness, livenessOf } from '../../src/membership/liveness.js'

const TIMEOUTS = { quietMs: 1500, silentMs: 3000 }

const CASES: [silenceMs: number, expected: Liveness][] = [
  [-5, 'alive'],
  [0, 'alive'],
  [1499.9, 'alive'],
  [1500, 'quiet'],
  [2999.9, 'quiet'],
  [3000, 'silent'],
  [1e9, 'silent'],
]

for (const [silenceMs, expected] of CASES) {
  t.test(`${silenceMs} ms without a sign of life: ${expected}`, async t => {
    t.equal(livenessOf(10_000, 10_000 + silenceMs, TIMEOUTS), expected)
  })
}
