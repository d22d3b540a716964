import t from 'tap'
import type { AppProcess } from '../support/app-process.js'
import { AppProcess as App } from '../support/app-process.js'
import { Client } from '../support/client.js'
import { freshMulticastPort, nodeOptions, startCluster } from '../support/test-cluster.js'

t.test('kill -9 of one of three nodes while 64 clients write: no acknowledged write is lost', async t => {
  const apps = await startCluster(['n1', 'n2', 'n3'])
  t.teardown(() => Promise.all(apps.map(app => app.destroy())))
  const [n1, n2, n3] = apps as [AppProcess, AppProcess, AppProcess]
  const survivors = [n1, n2]
  let running = true
  const results = Array.from({ length: 64 }, async (_, i) => {
    const client = new Client()
    let acknowledged = 0
    let attempted = 0
    for (let n = i; running; n++) {
      const target = n3.hasExited ? survivors[n % 2]! : apps[n % 3]!
      attempted++
      try {
        acknowledged = (await client.get(target, '/count')).body.count as number
        attempted = acknowledged
      } catch (error) {
        // Only the killed node's connections may break. Whether it still counted is open.
        if (target !== n3) throw error
      }
    }
    return { client, acknowledged, attempted }
  })
  await waitForCommits(n1, 500)
  const gone = survivors.map(app => app.memberGone('n3'))
  n3.kill('SIGKILL')
  await Promise.all(gone)
  await waitForCommits(n1, 500)
  running = false
  let lost = 0
  for (const { client, acknowledged, attempted } of await Promise.all(results)) {
    for (const app of survivors) {
      const count = (await client.get(app, '/get')).body.count as number
      if (count < acknowledged || count > attempted) lost++
    }
    client.close()
  }
  t.equal(lost, 0, 'lost acknowledged writes')
})

t.test(
  'a stopped process (SIGSTOP) is taken out, comes back after SIGCONT, and has what it missed before it answers',
  async t => {
    const apps = await startCluster(['n1', 'n2', 'n3'])
    t.teardown(() => Promise.all(apps.map(app => app.destroy())))
    const [n1, n2, n3] = apps as [AppProcess, AppProcess, AppProcess]
    const client = new Client()
    t.teardown(() => client.close())
    await client.get(n3, '/count')
    for (const app of apps) app.forget()
    n3.kill('SIGSTOP')
    await Promise.all([n1.memberGone('n3'), n2.memberGone('n3')])
    await client.get(n1, '/count')
    await client.get(n2, '/count')
    const back = [n1.memberAdded('n3'), n2.memberAdded('n3')]
    n3.kill('SIGCONT')
    const { body } = await client.get(n3, '/count')
    t.equal(body.count, 4, 'the first answer after waking has seen what happened meanwhile')
    await Promise.all(back)
  },
)

t.test('a node that stops says goodbye: the others see it leave at once, and its sessions stay', async t => {
  const apps = await startCluster(['n1', 'n2'])
  t.teardown(() => Promise.all(apps.map(app => app.destroy())))
  const [n1, n2] = apps as [AppProcess, AppProcess]
  const client = new Client()
  t.teardown(() => client.close())
  await client.get(n2, '/count')
  const gone = n1.memberGone('n2')
  await n2.ask('stop')
  await gone
  t.equal(await n2.ended(), 0, 'nothing keeps the process open')
  t.notOk(
    n1.messages.some(m => m.type === 'log' && /Will verify/.test(m.message)),
    'a goodbye is no suspicion',
  )
  t.equal((await client.get(n1, '/count')).body.count, 2)
})

t.test('a node that joins holds 10,000 sessions when it is ready', async t => {
  const port = freshMulticastPort()
  const apps = await startCluster(['n1', 'n2'], {}, port)
  t.teardown(() => Promise.all(apps.map(app => app.destroy())))
  await apps[0]!.ask('bulk', { count: 10_000, bytes: 1_000 })
  const joiner = new App('n3', { cluster: nodeOptions('n3', port) })
  t.teardown(() => joiner.destroy())
  await joiner.started()
  t.equal(await joiner.ask('sessions'), 10_000)
  t.equal(await joiner.ask('digest'), await apps[0]!.ask('digest'))
  await joiner.logged(/session state received: 10000 sessions in \d+ ms/)
})

t.test('a node that comes back after kill -9 is a new member with all sessions', async t => {
  const port = freshMulticastPort()
  const apps = await startCluster(['n1', 'n2'], {}, port)
  t.teardown(() => Promise.all(apps.map(app => app.destroy())))
  const [n1, n2] = apps as [AppProcess, AppProcess]
  const client = new Client()
  t.teardown(() => client.close())
  await client.get(n1, '/count')
  await client.get(n2, '/count')
  n2.kill('SIGKILL')
  await n1.memberGone('n2')
  n1.forget()
  const again = new App('n2', { cluster: nodeOptions('n2', port) })
  t.teardown(() => again.destroy())
  await again.started()
  await n1.memberAdded('n2')
  t.equal((await client.get(again, '/count')).body.count, 3)
})

/** Resolves when the node has committed `more` changes from now on; asks again after each answer, so it waits for work and not for time. */
async function waitForCommits(app: AppProcess, more: number): Promise<void> {
  const commits = async () =>
    (await app.ask<{ manager: { commits: { commits: number } } }>('inspect')).manager.commits.commits
  const goal = (await commits()) + more
  while ((await commits()) < goal);
}
