import type { DeltaManager, SessionWatch } from '@clowder/ha'
import t from 'tap'
import { watchClock } from '../../src/cluster/watch-clock.js'

type Joined = Parameters<NonNullable<SessionWatch['joined']>>

const NOW_MS = Date.UTC(2026, 0, 1)
const stampAt = (ms: number) => (ms - Date.UTC(2020, 0, 1)) * 4096

/** Shows a copy whose entries were stamped then to a process whose clock has followed up to `last`. */
function watched() {
  const broken: string[] = []
  const hybridClock = { last: stampAt(NOW_MS) }
  const now = { ms: NOW_MS }
  let watch: SessionWatch = {}
  const attach = (make: (parts: object) => SessionWatch) => {
    watch = make({ hybridClock })
  }
  const onlooker = { wallTime: () => now.ms, broken: (what: string) => broken.push(what) }
  watchClock({ attach } as never as DeltaManager, onlooker)
  const show = (state: object, local = false) => {
    watch.joined!(...([{ id: 's', peek: () => state }, {}, local] as never as Joined))
    return broken.splice(0)
  }
  const live = (...ms: readonly number[]) => show({ kind: 'live', entries: ms.map(each => ({ stamp: stampAt(each) })) })
  /** Written here, so many stamps above that moment. */
  const written = (ms: number, above: number) => show({ kind: 'live', entries: [{ stamp: stampAt(ms) + above }] }, true)
  return { now, live, written, dead: (ms: number) => show({ kind: 'dead', stamp: stampAt(ms) }) }
}

t.test('a clock has followed whatever is in a copy', async t => {
  const { live, dead } = watched()
  t.strictSame(live(), [])
  t.strictSame(live(NOW_MS - 5, NOW_MS), [])
  t.match(live(NOW_MS + 5, NOW_MS - 5), [/session s has stamps that the clock has not followed/])
  t.strictSame(dead(NOW_MS), [])
  t.match(dead(NOW_MS + 5), [/not followed/])
})

t.test('but for what came from too far ahead, also when it is no longer that', async t => {
  const { now, live } = watched()
  const ahead = NOW_MS + 70_000
  t.strictSame(live(ahead), [])
  now.ms += 60_000
  t.strictSame(live(ahead), [])
  t.match(live(ahead + 1), [/not followed/])
})

t.test('what is written here just above that is excused with it', async t => {
  const { now, live, written } = watched()
  const ahead = NOW_MS + 70_000
  t.strictSame(live(ahead), [])
  now.ms += 60_000
  t.match(written(ahead, 2), [/not followed/])
  t.strictSame(written(ahead, 1), [])
  t.strictSame(written(ahead, 2), [])
})
