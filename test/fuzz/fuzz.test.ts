import t from 'tap'
import { TARGETS } from './all-targets.js'
import { brokenDecoder } from './broken-decoder.js'
import { readCorpus } from './corpus.js'
import { isGood, reportOf } from './fuzz-report.js'
import { Fuzzer, type FuzzPlan } from './fuzzer.js'
import type { FuzzTarget } from './target.js'

const SECONDS = 0.5
const SEED = 20_261_121

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
    const { findings, inputs, taken } = await new Fuzzer(await make(), readCorpus(name), plan({})).run()
    t.strictSame(
      findings.map(({ message, bytes }) => `${message}: ${Buffer.from(bytes).toString('hex')}`),
      [],
    )
    t.ok(taken > 0 && taken < inputs, `${taken} of ${inputs} were taken`)
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

const slow: FuzzTarget = {
  name: 'slow',
  seeds: [Buffer.from('quick')],
  feed: bytes => {
    const isSlow = bytes[0] === 0xff
    for (const begun = performance.now(); isSlow && performance.now() - begun < 60; );
    return isSlow
  },
}

t.test('a decoder that takes its time is found out', async t => {
  const { findings } = await new Fuzzer(slow, [], plan({})).run()
  t.match(findings, [{ message: /takes more than 50 ms/ }])
})

t.test('and found out again by what it took its time for once', async t => {
  const { findings } = await new Fuzzer(slow, [Buffer.from([0xff, 1])], plan({ count: 0 })).run()
  t.match(findings, [{ message: /takes more than 50 ms/, bytes: Uint8Array.of(0xff, 1) }])
})

t.test('a decoder that keeps what it is fed is found out, when there was enough of it to tell', async t => {
  const garbage = Array.from({ length: 150_000 }, () => new Uint8Array(1000).fill(1))
  // Its pages stay resident, and hide nothing.
  garbage.length = 0
  const kept: Uint8Array[] = []
  const leaky: FuzzTarget = {
    name: 'leaky',
    seeds: [Buffer.from('a')],
    feed: () => kept.push(new Uint8Array(1000).fill(1)) > 0,
  }
  const result = await new Fuzzer(leaky, [], plan({ count: 210_000 })).run()
  t.notOk(isGood(result), `grew by ${result.growthBytes}`)
  t.match(reportOf([result], SEED), /leaky .* \d\d+\.\d +0\n/)
  kept.length = 0
  const short = await new Fuzzer(leaky, [], plan({ count: 110_000 })).run()
  t.equal(short.growthBytes, undefined)
  t.match(reportOf([short], SEED), /leaky .* – +0\n/)
})

t.test('inputs that are not to be changed are the seeds', async t => {
  const seeds = ['one', 'another'].map(text => Buffer.from(text))
  const honest: FuzzTarget = { name: 'honest', seeds, feed: bytes => seeds.some(seed => seed.equals(bytes)) }
  const { inputs, taken } = await new Fuzzer(honest, [], plan({ count: 1000, isUnchanged: true })).run()
  t.equal(taken, inputs)
})
