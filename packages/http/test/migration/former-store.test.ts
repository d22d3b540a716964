import { inspect } from 'node:util'
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

t.test('a store that hangs is asked once more of each kind at most, whatever a client does meanwhile', async t => {
  const asked: string[] = []
  const user: unknown[] = []
  const store = {
    get: () => asked.push('get'),
    set: (_id: string, record: { user: number }) => user.push(record.user),
    touch: () => asked.push('touch'),
    destroy: () => asked.push('destroy'),
  }
  const statistics = new MigrationStatistics()
  const components = { store, logger: silentLogger, statistics, hasEnded: () => false }
  const former = new FormerStore(components, { timeoutMs: 5 })
  const answers: Promise<unknown>[] = []
  for (let i = 0; i < 100; i++) {
    former.touch('sid', {})
    answers.push(former.write('sid', { user: i }), former.read('sid'))
  }
  await Promise.all(answers)
  t.strictSame(asked, ['touch', 'get', 'touch'])
  t.strictSame(user, [99])
  t.match(statistics, { nrOfTouches: 2, nrOfWrites: 1, nrOfReads: 1, nrOfFailures: 3 })
})

t.test('a write after an end is one of its own', async t => {
  const asked: string[] = []
  const done = (what: string) => (_id: string, record: unknown, then?: Done) => {
    asked.push(what)
    setImmediate(then ?? (record as Done))
  }
  const store = { get: done('get'), set: done('set'), destroy: done('destroy') }
  const statistics = new MigrationStatistics()
  const components = { store, logger: silentLogger, statistics, hasEnded: () => false }
  const former = new FormerStore(components, { timeoutMs: 1000 })
  void former.write('sid', { user: 1 })
  void former.write('sid', { user: 2 })
  former.end('sid')
  t.equal(await former.write('sid', { user: 3 }), true)
  t.strictSame(asked, ['set', 'set', 'destroy', 'set'])
})

t.test('what a store says of itself beside its message is not passed on: some quote the whole command', async t => {
  const logged: string[] = []
  const error = (fields: object, message: string) => logged.push(inspect({ fields, message }, { depth: 9 }))
  const reply = Object.assign(new Error('READONLY You can write against no replica'), {
    code: 'READONLY',
    command: { name: 'set', args: ['sess:the-id', '{"user":"ada"}'] },
  })
  const store = {
    get: () => Promise.reject(reply),
    set: (_id: string, _session: unknown, done: Done) => done(reply),
    destroy: (_id: string, done: Done) => done(),
  }
  const statistics = new MigrationStatistics()
  const components = { store, logger: { ...silentLogger, error }, statistics, hasEnded: () => false }
  const former = new FormerStore(components, { timeoutMs: 1000 })
  await former.write('the-id', { user: 'ada' })
  t.match(logged, [/READONLY You can write against no replica/])
  t.notMatch(logged[0], /the-id|ada/)
})

t.test('a store that can be read and not be written to is not asked for every end again with every read', async t => {
  const held = new Set(Array.from({ length: 100 }, (_, i) => `sid${i}`))
  let isReadOnly = true
  const store = {
    get: (_id: string, done: Done) => done(),
    set: (_id: string, _session: unknown, done: Done) => done(),
    destroy: (id: string, done: Done) => {
      if (!isReadOnly) held.delete(id)
      done(isReadOnly ? new Error('READONLY') : undefined)
    },
  }
  const statistics = new MigrationStatistics()
  const components = { store, logger: silentLogger, statistics, hasEnded: () => true }
  const former = new FormerStore(components, { timeoutMs: 1000 })
  for (const id of held) former.end(id)
  await Promise.all([...held].map(id => former.settled(id)))
  t.equal(former.openEnds, 100)
  for (let i = 0; i < 10; i++) await former.read('other')
  t.ok(statistics.nrOfEnds <= 110, `${statistics.nrOfEnds} ends`)
  isReadOnly = false
  await former.read('other')
  while (former.openEnds > 0) await new Promise(setImmediate)
  await new Promise(setImmediate)
  t.equal(held.size, 0, 'and all are, when it can be written to again')
})
