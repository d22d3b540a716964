import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { freshMulticastPort } from '../support/test-cluster.js'
import type { LabNetwork } from './network/lab-network.js'
import { thisHost } from './network/this-host.js'
import { ClusterLife, type LifeListener, type ProcessChange } from './node/cluster-life.js'
import type { NodeProcess } from './node/node-process.js'
import type { WallClocks } from './node/wall-clocks.js'

const network = { hosts: [thisHost], host: () => thisHost } as unknown as LabNetwork

const stillClocks: WallClocks = {
  kind: 'component',
  environment: () => ({}),
  shiftMs: () => 0,
  shift: async () => {},
}

function newLife(t: Test, { clocks = stillClocks, changes = [] as ProcessChange[] }) {
  const folder = mkdtempSync(join(tmpdir(), 'cluster-life-'))
  const listener: LifeListener = { told: () => {}, processChanged: (_, what) => void changes.push(what) }
  const cluster = { membership: { port: freshMulticastPort() } }
  const life = new ClusterLife({ network, listener, clocks }, { cluster, folder })
  t.teardown(async () => {
    await life.destroy()
    rmSync(folder, { recursive: true })
  })
  return life
}

t.test('a process that is stopped when the clock of its host jumps is told of it all the same', async t => {
  const told: (NodeProcess | undefined)[] = []
  const life = newLife(t, { clocks: { ...stillClocks, shift: async (_, __, process) => void told.push(process) } })
  const n1 = await life.start('n1')
  life.pause('n1')
  await life.shiftClock('n1', 5_000)
  await life.kill(['n1'])
  await life.shiftClock('n1', 0)
  t.ok(told[0] === n1)
  t.equal(told[1], undefined)
})

t.test(
  'of a process that has stalled it is told that it goes on, unless it was stopped or has ended meanwhile',
  async t => {
    const changes: ProcessChange[] = []
    const life = newLife(t, { changes })
    await life.start('n1')
    await life.stall('n1', 20)
    const stalling = life.stall('n1', 20)
    life.pause('n1')
    await life.kill(['n1'])
    await stalling
    t.strictSame(changes, ['start', 'ready', 'stall', 'resume', 'stall', 'pause', 'kill'])
  },
)
