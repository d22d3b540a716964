import type { DeltaManager, SessionWatch } from '@clowder/ha'
import t from 'tap'
import { watchDrops } from '../../src/cluster/watch-drops.js'

type Dropped = Parameters<NonNullable<SessionWatch['dropped']>>[0]

function watched(isElsewhere: boolean) {
  const broken: string[] = []
  let watch: SessionWatch = {}
  const attach = (make: () => SessionWatch) => {
    watch = make()
  }
  const onlooker = { now: () => 10_000, isElsewhere: () => isElsewhere, broken: (what: string) => broken.push(what) }
  watchDrops({ attach } as never as DeltaManager, onlooker)
  const drop = (kind: 'live' | 'dead', accessedAtMs: number) => {
    const idleMs = (nowMs: number) => nowMs - accessedAtMs
    const state = { kind, vector: [], entries: [{ name: 'cart', actor: 'a', counter: 1, stamp: 1 }] }
    watch.dropped!({ id: 's', state, idleLimitMs: 8_000, idleMs } as never as Dropped)
    return broken.splice(0)
  }
  return drop
}

t.test('a copy that is dropped is with somebody else', async t => {
  t.match(watched(false)('live', 9_000), [/a copy is dropped when others have all of it: session s/])
  t.strictSame(watched(true)('live', 9_000), [])
})

t.test('an end, and what others may have let expire, need not be', async t => {
  t.strictSame(watched(false)('dead', 9_000), [])
  t.strictSame(watched(false)('live', 6_000), [])
  t.equal(watched(false)('live', 6_001).length, 1)
})
