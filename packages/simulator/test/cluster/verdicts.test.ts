import t from 'tap'
import type { ClusterProcess } from '../../src/cluster/cluster-process.js'
import { verdictsOn } from '../../src/cluster/verdicts.js'

/** What is said of a process that is as it should be but for this. */
function verdicts(inspected: object, more: object = {}): string[] {
  const process = {
    host: { counters: { datagramsTooLarge: 0, dialRate: { most: 0 } }, streams: [] },
    listeners: { thrown: 0 },
    log: { listenerFailures: 0, deafWarnings: 0 },
    options: {},
    livedMs: 60_000,
    isAlive: true,
    isReady: true,
    manager: { inspect: () => ({ sessions: 2, ownSessions: 1, ...inspected }), sessionIds: () => ['s', 't'] },
    ...more,
  }
  return verdictsOn(process as never as ClusterProcess)
}

t.test('as many sessions are counted as are held, and no more of its own', async t => {
  t.strictSame(verdicts({}), [])
  t.match(verdicts({ sessions: 3 }), ['3 sessions are counted, and 2 are held'])
  t.match(verdicts({ ownSessions: 3 }), ['3 own sessions are counted, of 2'])
  t.match(verdicts({ ownSessions: -1 }), ['-1 own sessions are counted, of 2'])
  t.strictSame(verdicts({ sessions: 3 }, { isAlive: false }), [])
})
