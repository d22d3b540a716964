import t, { type Test } from 'tap'
import { AppProcess } from '../support/app-process.js'
import { Client } from '../support/client.js'
import { freshMulticastPort, nodeOptions, startCluster } from '../support/test-cluster.js'

const OLD = 'the old secret, which is long enough for a cluster'
const NEW = 'the new secret, which is long enough for a cluster'
const CLIENTS_PER_NODE = 8

interface Key {
  readonly id: string
  readonly state: string
}

interface Written {
  readonly client: Client
  readonly acknowledged: number
  readonly attempted: number
}

/** Clients that count on one node each, as fast as they are answered, until `stop`. */
class Writers {
  readonly #done: Promise<Written>[]
  #isRunning = true

  constructor(apps: readonly AppProcess[]) {
    this.#done = apps.flatMap(app => Array.from({ length: CLIENTS_PER_NODE }, () => this.#write(app)))
  }

  stop(): Promise<Written[]> {
    this.#isRunning = false
    return Promise.all(this.#done)
  }

  async #write(app: AppProcess): Promise<Written> {
    const client = new Client()
    let acknowledged = 0
    while (this.#isRunning) acknowledged = (await client.get(app, '/count')).body.count as number
    return { client, acknowledged, attempted: acknowledged }
  }
}

async function degradedCommits(app: AppProcess): Promise<number> {
  const { valve } = await app.ask<{ valve: { nrOfDegradedCommits: number } }>('inspect')
  return valve.nrOfDegradedCommits
}

/** Those whose count is not the same everywhere, or not what their client was told. */
async function lostCounts(apps: readonly AppProcess[], written: readonly Written[]): Promise<number> {
  let lost = 0
  for (const { client, acknowledged } of written) {
    for (const app of apps) if ((await client.get(app, '/get')).body.count !== acknowledged) lost++
    client.close()
  }
  return lost
}

async function startedLater(t: Test, name: string, secret: readonly string[], known: AppProcess): Promise<AppProcess> {
  const { localMember } = await known.ask<{ localMember: { port: number } }>('inspect')
  const membership = { members: [`127.0.0.1:${localMember.port}`] }
  const extra = { secret: secret as string[], receiver: { address: '127.0.0.1' }, membership }
  const app = new AppProcess(name, { cluster: nodeOptions(name, freshMulticastPort(), extra) })
  t.teardown(() => app.destroy())
  return app.started()
}

t.test(
  'the secret is replaced under load while a process stands still: nothing is lost, and the old key is dead afterwards',
  async t => {
    const options = {
      secret: OLD,
      // Long enough for a machine that has much else to do.
      manager: { acknowledge: 'backup', acknowledgeTimeout: 10_000 },
      receiver: { address: '127.0.0.1' },
      membership: { bind: '127.0.0.1' },
    }
    const apps = await startCluster(['n1', 'n2', 'n3'], options)
    t.teardown(() => Promise.all(apps.map(app => app.destroy())))
    const [n1, n2, n3] = apps as [AppProcess, AppProcess, AppProcess]
    const writers = new Writers(apps)
    const old = (await n1.ask<Key[]>('keys'))[0]!.id

    n3.kill('SIGSTOP')
    await Promise.all([n1.memberGone('n3'), n2.memberGone('n3')])
    const id = await n1.ask<string>('addKey', { secret: NEW })
    await n2.keyIs(id, 'accepted')
    await n2.ask('useKey', { id })
    await n1.keyIs(id, 'current')
    const removal = await n1.ask<{ removed: boolean; awaits: { name: string }[] }>('removeKey', { id: old })
    t.match(removal, { removed: false, awaits: [{ name: 'n3' }] })
    await n2.keyIs(old, 'retired')

    n3.kill('SIGCONT')
    await Promise.all(apps.map(app => app.keyIs(old, 'removed')))
    for (const app of apps)
      t.match(await app.ask('keys'), [
        { id, state: 'current' },
        { id: old, state: 'removed' },
      ])
    const before = await Promise.all(apps.map(app => app.ask<{ valve: { nrOfRequests: number } }>('inspect')))
    await Promise.all(apps.map((app, i) => requestsBeyond(app, before[i]!.valve.nrOfRequests + 50)))
    const written = await writers.stop()
    t.ok(
      written.every(({ acknowledged }) => acknowledged > 3),
      'all have written',
    )
    t.equal(await lostCounts(apps, written), 0, 'lost writes')
    t.strictSame([await degradedCommits(n1), await degradedCommits(n2)], [0, 0], 'acknowledgements that failed')

    const stranger = await startedLater(t, 'old', [OLD], n1)
    await Promise.all([stranger.logged(/the secrets differ/), n1.logged(/the secrets differ/)])
    t.strictSame(await stranger.ask('members'), [])
    const late = await startedLater(t, 'both', [OLD, NEW], n1)
    await keysAre(late, [`${id} current`, `${old} removed`])
    t.ok((await late.ask<string[]>('members')).includes('n1'))
  },
)

/** Resolves when it has learned them: while it starts, or after. */
async function keysAre(app: AppProcess, expected: readonly string[]): Promise<void> {
  for (;;) {
    const keys = await app.ask<Key[]>('keys')
    if (keys.map(({ id, state }) => `${id} ${state}`).join() === expected.join()) return
  }
}

/** Resolves when it has been asked so often. */
async function requestsBeyond(app: AppProcess, count: number): Promise<void> {
  for (;;) {
    const { valve } = await app.ask<{ valve: { nrOfRequests: number } }>('inspect')
    if (valve.nrOfRequests >= count) return
  }
}
