import t from 'tap'
import { Dice } from '../../src/faults/dice.js'
import type { ProbeKind } from '../../src/faults/planned-fault.js'
import { probeForgedCookie } from '../../src/faults/probes/forged-cookie.js'
import { probeLargeSession } from '../../src/faults/probes/large-session.js'
import { probeManyAttributes } from '../../src/faults/probes/many-attributes.js'
import { probeNestedChange } from '../../src/faults/probes/nested-change.js'
import { probeOddValues } from '../../src/faults/probes/odd-values.js'
import type { Probe } from '../../src/faults/probes/probe.js'
import type { ProbeClient } from '../../src/faults/probes/probe-client.js'
import { probeUnrulyMerge } from '../../src/faults/probes/unruly-merge.js'
import { SeededRandom } from '../../src/seeded-random.js'
import { FaultyCluster } from '../support/faulty-cluster.js'

const REACHES: Readonly<Record<ProbeKind, string>> = {
  'odd-values': 'F47',
  'nested-change': 'F48',
  'large-session': 'F45',
  'many-attributes': 'F46',
  'unruly-merge': 'F56',
  'forged-cookie': 'F57',
  'merged-removal': 'F49',
  'own-limit': 'F52',
}
const LARGE = { maxSessionBytes: 400_000, maxAttributes: 10_000 }

for (const [probe, fault] of Object.entries(REACHES) as [ProbeKind, string][])
  t.test(`${probe}: nothing is wrong, and the class is reached`, async t => {
    for (const mood of ['changing', 'throwing'] as const) {
      const world = await FaultyCluster.started({ mood, limits: LARGE }, { hasMerges: probe === 'merged-removal' })
      for (let seed = 1; seed <= (probe === 'odd-values' ? 15 : 1); seed++)
        await world.suffer({ kind: 'probe', probe, nodes: ['a', 'b'], seed }, 500)
      t.strictSame(world.troubles, [])
      t.ok(world.classes()[fault]! > 0)
    }
  })

t.test('what comes back otherwise than it should is told of', async t => {
  const world = await FaultyCluster.started()
  for (const probe of [probeOddValues, probeNestedChange, probeLargeSession, probeManyAttributes]) {
    const broken: string[] = []
    const client = { visit: async () => ({ isSure: true, value: { fits: {}, tooLarge: {}, tooMany: {} } }) }
    await probe({
      client: client as unknown as ProbeClient,
      first: world.cluster.node('a'),
      second: world.cluster.node('b'),
      dice: new Dice(new SeededRandom(1)),
      wait: async () => {},
      expect: (holds, what) => void (holds || broken.push(what)),
      reached: () => {},
    } satisfies Probe)
    if (probe !== probeNestedChange) t.ok(broken.length > 0, probe.name)
  }
})

/** What a probe objects to when its client is given these answers. */
async function objectionsOf(probe: (probe: Probe) => Promise<void>, client: object): Promise<readonly string[]> {
  const world = await FaultyCluster.started()
  const broken: string[] = []
  await probe({
    client: client as ProbeClient,
    first: world.cluster.node('a'),
    second: world.cluster.node('b'),
    dice: new Dice(new SeededRandom(1)),
    wait: async () => {},
    expect: (holds, what) => void (holds || broken.push(what)),
    reached: () => {},
  })
  return broken
}

t.test('whoever is shown a session for a forged cookie, or spoils it with one, is told of', async t => {
  for (const value of [true, false]) {
    const visit = async () => ({ isSure: true, value })
    const broken = await objectionsOf(probeForgedCookie, { hasSession: true, visit, present: visit })
    t.equal(broken.length, value ? 14 : 1)
  }
})

for (const hasSession of [true, false])
  t.test(
    `values that are not read are ${hasSession ? 'told of' : 'not missed when no session was made for them'}`,
    async t => {
      const visit = async () => ({ isSure: true, value: undefined })
      t.equal((await objectionsOf(probeUnrulyMerge, { hasSession, visit })).length, hasSession ? 2 : 0)
    },
  )
