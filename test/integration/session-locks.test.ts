import t from 'tap'
import type { AppProcess } from '../support/app-process.js'
import { Client } from '../support/client.js'
import { startCluster } from '../support/test-cluster.js'

interface Outcome {
  readonly added: number
  /** Refused, or lost with its process: made or not. */
  readonly failed: number
}

/** So many clients of one session, each of which adds one so often, at one process after the other. */
async function storm(apps: readonly AppProcess[], cookie: string, clients: number, times: number): Promise<Outcome> {
  let added = 0
  let failed = 0
  const run = async (index: number) => {
    const client = Object.assign(new Client(), { cookie })
    for (let turn = 0; turn < times; turn++) {
      const status = await client.get(apps[(index + turn) % apps.length]!, '/add').then(
        answer => answer.status,
        () => 0,
      )
      if (status === 200) added++
      else failed++
    }
    client.close()
  }
  await Promise.all(Array.from({ length: clients }, (_, index) => run(index)))
  return { added, failed }
}

async function newSession(app: AppProcess): Promise<string> {
  const client = new Client()
  await client.get(app, '/set?name=count&value=0')
  client.close()
  return client.cookie!
}

async function countAt(app: AppProcess, cookie: string): Promise<unknown> {
  const client = Object.assign(new Client(), { cookie })
  const { body } = await client.get(app, '/get')
  client.close()
  return body.count
}

for (const mode of ['all', 'auto'])
  t.test(`1,000 increments of 8 clients over 3 processes are exactly 1,000 with lock mode ${mode}`, async t => {
    const apps = await startCluster(['n1', 'n2', 'n3'], { valve: { lock: { mode, timeout: 60_000 } } })
    t.teardown(() => Promise.all(apps.map(app => app.destroy())))
    const cookie = await newSession(apps[0]!)
    const sinceMs = performance.now()
    t.strictSame(await storm(apps, cookie, 8, 125), { added: 1_000, failed: 0 })
    t.comment(`${Math.round(1e6 / (performance.now() - sinceMs))} increments a second`)
    for (const app of apps) t.equal(await countAt(app, cookie), 1_000, app.name)
  })

t.test('without locks they are fewer', async t => {
  const apps = await startCluster(['n1', 'n2', 'n3'])
  t.teardown(() => Promise.all(apps.map(app => app.destroy())))
  const cookie = await newSession(apps[0]!)
  t.strictSame(await storm(apps, cookie, 8, 30), { added: 240, failed: 0 })
  const count = Number(await countAt(apps[0]!, cookie))
  t.ok(count < 240, `${count} of 240`)
})

for (const [what, stop, goOn] of [
  ['suspended beyond its lease', 'SIGSTOP', 'SIGCONT'],
  ['killed', 'SIGKILL', undefined],
] as const)
  t.test(`a process that is ${what} while locks change hands loses no increment that was answered`, async t => {
    const apps = await startCluster(['n1', 'n2', 'n3'], { valve: { lock: { mode: 'all', timeout: 60_000 } } })
    t.teardown(() => Promise.all(apps.map(app => app.destroy())))
    const [n1, n2, n3] = apps as [AppProcess, AppProcess, AppProcess]
    const cookie = await newSession(n1)
    const everywhere = storm([n1, n2, n3], cookie, 4, 50)
    const elsewhere = storm([n1, n3], cookie, 4, 50)
    n2.kill(stop)
    // The others are done only when they have got the lock back from it.
    const outcomes = [await elsewhere]
    if (goOn) n2.kill(goOn)
    outcomes.push(await everywhere)
    const added = outcomes.reduce((sum, outcome) => sum + outcome.added, 0)
    const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0)
    const count = Number(await countAt(n1, cookie))
    t.ok(count >= added && count <= added + failed, `${count} with ${added} answered and ${failed} not`)
    t.ok(added >= 200, `${added} answered`)
    t.equal(await countAt(n3, cookie), count)
  })
