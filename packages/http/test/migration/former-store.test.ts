import { silentLogger } from '@clowder/tribes'
import t from 'tap'
import { FormerStore } from '../../src/migration/former-store.js'
import { MigrationStatistics } from '../../src/migration/migration-statistics.js'
import { Signal } from '../support/signal.js'

type Done = (error?: unknown) => void

/** A store whose writes are done when the test says so. */
function slowStore() {
  const held = new Map<string, unknown>()
  const asked = new Signal<() => void>()
  const ended = [new Signal<void>(), new Signal<void>()]
  const store = {
    get: (id: string, done: (error: unknown, value: unknown) => void) => done(null, held.get(id)),
    set: (id: string, session: unknown, done: Done) =>
      asked.resolve(() => {
        held.set(id, session)
        done()
      }),
    destroy: (id: string, done: Done) => {
      held.delete(id)
      done()
      ended.shift()?.resolve()
    },
  }
  return { held, asked, ended: [...ended], store }
}

t.test('a write that was given up and comes behind the end of its session does not undo that', async t => {
  const { held, asked, ended, store } = slowStore()
  const over = new Set<string>()
  const hasEnded = (id: string) => over.has(id)
  const statistics = new MigrationStatistics()
  const former = new FormerStore({ store, logger: silentLogger, statistics, hasEnded }, { timeoutMs: 1 })
  const written = former.write('sid', { user: 'ada' })
  over.add('sid')
  former.end('sid')
  t.equal(await written, false)
  await ended[0]!.promise
  const write = await asked.promise
  write()
  await ended[1]!.promise
  t.equal(held.size, 0)
  t.equal(statistics.nrOfEnds, 2)
})

t.test('a write that was given up and comes late is as good as one in time while its session lives', async t => {
  const { held, asked, store } = slowStore()
  const statistics = new MigrationStatistics()
  const components = { store, logger: silentLogger, statistics, hasEnded: () => false }
  const former = new FormerStore(components, { timeoutMs: 1 })
  t.equal(await former.write('sid', { user: 'ada' }), false)
  const write = await asked.promise
  write()
  await former.read('sid')
  t.strictSame(held.get('sid'), { user: 'ada' })
  t.equal(statistics.nrOfEnds, 0)
})
