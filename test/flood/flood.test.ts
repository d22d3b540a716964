import { readFileSync } from 'node:fs'
import t from 'tap'
import type { AppProcess } from '../support/app-process.js'
import { cannotRun } from '../torture/cli/cannot-run.js'
import { FloodLab } from './flood-lab.js'

const skip = cannotRun()

const RATES = { datagramsPerSecond: 50_000, connectsPerSecond: 1000, requestsPerSecond: 100 }

interface Inspected {
  readonly multicast: Record<'received' | 'malformed' | 'forged' | 'replayed' | 'shed' | 'echoes', number>
  readonly membership: { readonly excluded: number }
  readonly security: Record<'refused' | 'notSecured' | 'shed', number>
}

t.test(
  'random, forged and replayed datagrams and bogus connections by the thousand leave the cluster as it was',
  { skip },
  async t => {
    const lab = await FloodLab.open(RATES)
    t.teardown(() => lab.close())
    const { datagrams, connects, failures, latenciesMs } = await lab.flood({
      kind: 'mixed',
      isControl: false,
      seconds: 2.5,
    })
    t.comment(`${datagrams} datagrams, ${connects} connections`)
    t.equal(failures, 0, 'no request of a user failed')
    t.ok(latenciesMs.length > RATES.requestsPerSecond, `and there were ${latenciesMs.length}`)
    for (const app of lab.apps) {
      const { multicast, membership, security } = await app.ask<Inspected>('inspect')
      t.equal(membership.excluded, 0)
      t.equal((await app.ask<string[]>('members')).length, 1)
      t.notOk(app.messages.some(message => message.type === 'memberDisappeared'))
      for (const count of ['malformed', 'forged', 'replayed', 'shed'] as const) t.ok(multicast[count] > 0, count)
      for (const count of ['refused', 'notSecured', 'shed'] as const) t.ok(security[count] > 0, `connections ${count}`)
      t.equal(linesOf(app, /^Too many datagrams come to 228\.0\.0\.4:45564/), 1)
      t.ok(app.messages.filter(message => message.type === 'log').length < 20, 'a few lines, whatever comes')
    }
    await lab.start('n3')
    t.pass('and whoever starts afterwards is found')
  },
)

function linesOf(app: AppProcess, text: RegExp): number {
  return app.messages.filter(message => message.type === 'log' && text.test(message.message)).length
}

t.test('a lab that cannot be opened leaves no process behind', { skip }, async t => {
  const before = children()
  // What a process cannot even be asked for.
  const unsaid = { ...RATES, requestsPerSecond: 1n as unknown as number }
  await t.rejects(FloodLab.open(unsaid), /BigInt/)
  t.strictSame(
    children().filter(pid => !before.includes(pid)),
    [],
  )
})

function children(): string[] {
  return readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').match(/\d+/g) ?? []
}
