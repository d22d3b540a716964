import t from 'tap'
import { drawPlan } from '../../src/schedule/draw-plan.js'
import { MIXTURE, profileOf } from '../../src/schedule/mixture.js'
import { profiles } from '../../src/schedule/profiles.js'

t.test('a few hundred seeds of the default have every profile', async t => {
  const drawn = new Set(Array.from({ length: 500 }, (_, i) => profileOf(i + 1, MIXTURE)))
  t.strictSame([...drawn].sort(), Object.keys(profiles).sort())
})

t.test('a seed of the default is the same seed of the profile that it has drawn', async t => {
  for (const seed of [1, 7, 4711]) t.strictSame(drawPlan(seed, profileOf(seed, MIXTURE)), drawPlan(seed))
  t.equal(profileOf(7, 'calm'), 'calm')
})
