import t from 'tap'
import { TARGETS } from './all-targets.js'
import { brokenDecoder } from './broken-decoder.js'
import { readCorpus } from './corpus.js'
import { Fuzzer, type FuzzPlan } from './fuzzer.js'
import type { FuzzTarget } from './target.js'

const SECONDS = 0.5
const SEED = 20_261_121
const MOST_GROWTH_BYTES = 64 * 1024 * 1024

t.setTimeout(120_000)

const plan = (part: Partial<FuzzPlan>): FuzzPlan => ({
  seed: SEED,
  seconds: SECONDS,
  count: undefined,
  isUnchanged: false,
  kept: () => {},
  progress: () => {},
  ...part,
})

for (const [name, make] of TARGETS) {
  t.test(`${name}: what was found once is found no more, and mutated inputs are taken or refused`, async t => {
    const { findings, inputs, taken, growthBytes } = await new Fuzzer(await make(), readCorpus(name), plan({})).run()
    t.strictSame(
      findings.map(({ message, bytes }) => `${message}: ${Buffer.from(bytes).toString('hex')}`),
      [],
    )
    t.ok(taken > 0 && taken < inputs, `${taken} of ${inputs} were taken`)
    t.ok(growthBytes < MOST_GROWTH_BYTES, 'and cost no memory')
  })
}

t.test('a decoder that is broken behind two conditions is found out by what the first of them reaches', async t => {
  const broken: FuzzTarget = {
    name: 'broken',
    seeds: [Buffer.alloc(12)],
    feed: brokenDecoder,
  }
  const { findings } = await new Fuzzer(broken, [], plan({ seconds: 20, count: 1_000_000 })).run()
  t.match(findings, [{ message: /^broken: RangeError: planted/ }])
})

t.test('a decoder that takes its time is found out', async t => {
  const slow: FuzzTarget = {
    name: 'slow',
    seeds: [Buffer.from('quick')],
    feed: bytes => {
      const isSlow = bytes[0] === 0xff
      for (const begun = performance.now(); isSlow && performance.now() - begun < 60; );
      return isSlow
    },
  }
  const { findings } = await new Fuzzer(slow, [], plan({})).run()
  t.match(findings, [{ message: /takes more than 50 ms/ }])
})

t.test('inputs that are not to be changed are the seeds', async t => {
  const seeds = ['one', 'another'].map(text => Buffer.from(text))
  const honest: FuzzTarget = { name: 'honest', seeds, feed: bytes => seeds.some(seed => seed.equals(bytes)) }
  const { inputs, taken } = await new Fuzzer(honest, [], plan({ count: 1000, isUnchanged: true })).run()
  t.equal(taken, inputs)
})
