import t from 'tap'
import { runSeed } from '../../src/run/judged-run.js'
import { nothingReached } from '../../src/run/reached.js'
import { Tally } from '../../src/run/tally.js'

t.test('a few schedules reach most of what is to be reached, and what is missing stands there with 0', async t => {
  const tally = new Tally()
  for (const seed of [6, 7, 8, 11]) tally.add(await runSeed(seed, { profile: 'general', seconds: 30 }))
  t.equal(tally.seeds, 4)
  for (const name of ['F05', 'F07', 'pullsServed', 'acknowledgementsHeld', 'conflictsMerged', 'idsChanged'])
    t.ok(tally.reached[name]! > 0, name)
  for (const name of Object.keys(nothingReached())) t.type(tally.reached[name], 'number', name)
})
