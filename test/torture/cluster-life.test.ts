import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { freshMulticastPort } from '../support/test-cluster.js'
import type { LabNetwork } from './network/lab-network.js'
import { ClusterLife } from './node/cluster-life.js'
import type { NodeProcess } from './node/node-process.js'
import type { WallClocks } from './node/wall-clocks.js'

/** This host itself: what is looked at here needs no namespace. */
const host = {
  name: 'n1',
  namespace: { enter: ['env'] },
  clusterHost: '127.0.0.1',
  clientHost: '127.0.0.1',
  httpPort: 0,
}
const network = { hosts: [host], host: () => host } as unknown as LabNetwork

t.test('a process that is stopped when the clock of its host jumps is told of it all the same', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'cluster-life-'))
  const told: (NodeProcess | undefined)[] = []
  const clocks: WallClocks = {
    kind: 'component',
    environment: () => ({}),
    shiftMs: () => 0,
    shift: async (_, __, process) => void told.push(process),
  }
  const listener = { told: () => {}, processChanged: () => {} }
  const cluster = { membership: { port: freshMulticastPort() } }
  const life = new ClusterLife({ network, listener, clocks }, { cluster, folder })
  t.teardown(async () => {
    await life.destroy()
    rmSync(folder, { recursive: true })
  })
  const n1 = await life.start('n1')
  life.pause('n1')
  await life.shiftClock('n1', 5_000)
  await life.kill(['n1'])
  await life.shiftClock('n1', 0)
  t.ok(told[0] === n1)
  t.equal(told[1], undefined)
})
