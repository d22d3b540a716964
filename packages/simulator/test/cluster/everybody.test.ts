import t from 'tap'
import type { ClusterProcess } from '../../src/cluster/cluster-process.js'
import { everybodyFor, withoutIt } from '../../src/cluster/everybody.js'

const WRITTEN = { id: 's', actor: 'a', counter: 2 }

function processOf(
  node: string,
  {
    counter = 2,
    isGapped = false,
    isEnded = false,
    acknowledge = 'all',
    copies = undefined as number | undefined,
    lagging = 0,
    id = node,
    isReady = true,
  } = {},
) {
  const vector = counter > 0 ? [{ actor: 'a', counter }] : []
  const needed = isGapped ? [{ actor: 'a', counter: 9 }] : []
  const state = isEnded ? { kind: 'dead' } : { kind: 'live', vector, needed, entries: [] }
  return {
    node,
    isReady,
    isAlive: true,
    options: { manager: { acknowledge, copies } },
    channel: { localMember: () => ({ id }), members: () => ['b', 'c'].map(id => ({ id })) },
    manager: { inspect: () => ({ laggingMembers: lagging }), inspectCopy: () => ({ state }) },
  } as never as ClusterProcess
}

t.test('all are those that are members then, but for twins', async t => {
  const [b, c, stranger] = [processOf('b'), processOf('c'), processOf('d')]
  const asked = (writer: ClusterProcess, others = [b, c, stranger]) =>
    everybodyFor(writer, [writer, ...others]).map(p => p.node)
  t.strictSame(asked(processOf('a')), ['b', 'c'])
  t.strictSame(asked(processOf('a'), [b, c, processOf('e', { id: 'c' })]), ['b'])
  t.strictSame(asked(processOf('a'), [b, c, processOf('e', { id: 'c', isReady: false })]), ['b'], 'one that starts')
  t.strictSame(asked(processOf('a', { acknowledge: 'backup' })), [])
  t.strictSame(asked(processOf('a', { copies: 2 })), [])
  t.strictSame(asked(processOf('a', { lagging: 1 })), [], 'somebody is not waited for')
})

t.test('who has the session alive and whole, and not what was written, lacks it', async t => {
  const lacking = (process: ClusterProcess, ended: string[] = []) =>
    withoutIt([process], { written: ended.length > 0 ? undefined : WRITTEN, ended })
  t.strictSame(lacking(processOf('b')), [])
  t.strictSame(lacking(processOf('b', { counter: 1 })), ['b'])
  t.strictSame(lacking(processOf('b', { counter: 1, isGapped: true })), [], 'it may have been overtaken there')
  t.strictSame(lacking(processOf('b', { isEnded: true })), [])
  t.strictSame(lacking(processOf('b'), ['s']), ['b'], 'an end')
  t.strictSame(lacking(processOf('b', { isEnded: true }), ['s']), [])
})
