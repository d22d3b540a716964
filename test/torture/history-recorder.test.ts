import t from 'tap'
import { HistoryRecorder } from './history/history-recorder.js'

const RUN = { seed: 1, nodes: ['n1'], idleLimitMs: null, bounds: {}, maxWaitMs: 0 }
const n1 = { name: 'n1', incarnation: 'n1#1' }

t.test('what a request did that got no answer is known, also when it was nothing', async t => {
  const history = new HistoryRecorder(RUN, false)
  const [without, empty, writing] = [1, 2, 3].map(() => history.requested('c1', 'n1', undefined)) as [
    number,
    number,
    number,
  ]
  const commit = { at: 1, type: 'commit', session: 's', ended: [], isAwaited: false } as const
  history.told(n1, { ...commit, request: empty, wrote: [] })
  history.told(n1, { ...commit, request: writing, wrote: [{ name: 'cart', version: 7, base: null }] })
  const responses = history.finish().filter(event => event.kind === 'response')
  t.match(responses, [
    { request: without, outcome: 'lost', wrote: [], ended: [] },
    { request: empty, outcome: 'lost', wrote: [], ended: [], acknowledged: 'degraded' },
    { request: writing, outcome: 'lost', wrote: [{ version: 7 }], ended: [], acknowledged: 'degraded' },
  ])
  t.ok(responses.every(({ wrote, ended }) => wrote && ended))
})
