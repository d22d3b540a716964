import t from 'tap'
import type { ClusterProcess } from '../../src/cluster/cluster-process.js'
import { checkStamp } from '../../src/cluster/session-stamp.js'

const NOW_MS = Date.UTC(2026, 0, 1)
const DAY_MS = 86_400_000

function stampedAt(ms: number, kind = 'live'): string[] {
  const broken: string[] = []
  const stamp = (ms - Date.UTC(2020, 0, 1)) * 4096
  const state = { kind, entries: [{ name: '\u0000createdAt', stamp }] }
  const manager = { inspectCopy: () => ({ state }) }
  const process = { latestWallMs: NOW_MS, manager, broken: (what: string) => broken.push(what) }
  checkStamp(process as never as ClusterProcess, 's')
  return broken
}

t.test('a session that is begun here bears no stamp of a clock that is years ahead', async t => {
  t.strictSame(stampedAt(NOW_MS), [])
  t.strictSame(stampedAt(NOW_MS + DAY_MS), [], 'clocks are set wrong')
  t.match(stampedAt(NOW_MS + 3650 * DAY_MS), [/by a clock of today/])
  t.strictSame(stampedAt(NOW_MS + 3650 * DAY_MS, 'dead'), [])
})
