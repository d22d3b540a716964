import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { freshMulticastPort } from '../support/test-cluster.js'
import { thisHost } from './network/this-host.js'
import type { AppMessage } from './node/app-message.js'
import { NodeProcess, type NodeProcessOptions } from './node/node-process.js'

function started(t: Test, options: Partial<NodeProcessOptions> = {}): { process: NodeProcess; troubles: string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'node-process-'))
  const troubles: string[] = []
  const cluster = { membership: { port: freshMulticastPort() } }
  const process = new NodeProcess(
    thisHost,
    1,
    { cluster, environment: {}, folder, ...options },
    (_, message: AppMessage) => {
      if (message.type === 'trouble') troubles.push(message.what)
    },
  )
  t.teardown(async () => {
    await process.kill()
    rmSync(folder, { recursive: true })
  })
  return { process, troubles }
}

t.test('a process that ends although nobody has told it to is trouble', async t => {
  const { process: node, troubles } = started(t)
  await node.ready
  // It cannot answer any more before it ends.
  node.pause()
  const asked = node.ask('members')
  process.kill(node.pid, 'SIGKILL')
  await t.rejects(asked, /it ended/)
  t.strictSame(troubles, ['it ended by itself: SIGKILL'])
})

t.test('one that is told to end, or is killed, is none', async t => {
  const told = started(t)
  await told.process.ready
  t.ok(await told.process.terminate(15_000))
  const killed = started(t)
  await killed.process.ready
  await killed.process.kill()
  t.strictSame([...told.troubles, ...killed.troubles], [])
})

t.test('one that does not come to serve is not waited for for ever', async t => {
  const { process: node } = started(t, { readyWithinMs: 200 })
  node.pause()
  await t.rejects(node.ready, /n1#1 did not serve within 200 ms/)
})
