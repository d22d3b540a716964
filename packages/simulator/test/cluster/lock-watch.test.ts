import t from 'tap'
import type { ClusterProcess } from '../../src/cluster/cluster-process.js'
import { LockWatch } from '../../src/cluster/lock-watch.js'

interface Lock {
  readonly id: string
  readonly fence: number
  isHeld: boolean
}

/** A process that is given whatever lock it is to have next. */
function processIn(watch: LockWatch, node: string, hasStarted = true) {
  const broken: string[] = []
  let next: Lock | undefined
  let meanwhile = () => {}
  const locks = {
    lock: async (_id: string, _timeoutMs: number) => {
      meanwhile()
      return next
    },
  }
  const listeners: { memberAdded(member: { id: string }): void }[] = []
  let members: { id: string }[] = []
  const channel = {
    hasStarted,
    localMember: () => {
      if (!hasStarted) throw new Error('not started')
      return { id: node }
    },
    members: () => members,
    addMembershipListener: (listener: (typeof listeners)[number]) => void listeners.push(listener),
  }
  const process = { node, isAlive: true, channel, manager: { locks }, broken: (what: string) => broken.push(what) }
  const sees = (...ids: string[]) => {
    for (const id of ids) for (const listener of listeners) listener.memberAdded({ id })
    members = ids.map(id => ({ id }))
  }
  watch.watch(process as never as ClusterProcess)
  const takes = async (fence: number, isHeld = true, happening = () => {}) => {
    next = { id: 's', fence, isHeld }
    meanwhile = happening
    await locks.lock('s', 100)
    return next
  }
  return { process, broken, takes, sees }
}

t.test('two who have one lock at a time are told of, and a fence that is not above those before', async t => {
  const watch = new LockWatch()
  const [a, b] = [processIn(watch, 'a'), processIn(watch, 'b')]
  a.sees('b')
  b.sees('a')
  const first = await a.takes(7)
  await b.takes(8)
  t.match(b.broken, [/session s is locked by b while a has its lock/])
  first.isHeld = false
  b.broken.length = 0
  const [, c] = [await a.takes(7), processIn(watch, 'c')]
  t.match(a.broken, [
    /has the fence 7, and 7 came before/,
    /while b has its lock/,
    /has the fence 7, and 8 came before/,
  ])
  t.strictSame(c.broken, [])
})

t.test(
  'one after the other is as it should be, and so is a lock that came too late, or whose process has died',
  async t => {
    const watch = new LockWatch()
    const [a, b] = [processIn(watch, 'a'), processIn(watch, 'b')]
    a.sees('b')
    b.sees('a')
    const first = await a.takes(7)
    first.isHeld = false
    await b.takes(8)
    await a.takes(6, false)
    b.process.isAlive = false
    await a.takes(7.5)
    t.strictSame([a.broken, b.broken], [[], []])
  },
)

t.test(
  'those who began when all but one had died, which stands still, know nothing of its lock; who has met one that knew does',
  async t => {
    for (const met of [undefined, 'a', 'old']) {
      const watch = new LockWatch()
      const [a, old] = [processIn(watch, 'a'), processIn(watch, 'old')]
      const [b, c] = [processIn(watch, 'b'), processIn(watch, 'c')]
      a.sees('old')
      old.sees('a')
      await a.takes(7)
      b.sees('c')
      c.sees(...(met ? [met] : []), 'b')
      c.sees('b')
      await b.takes(6)
      t.equal(b.broken.length, met ? 2 : 0, `has met ${met ?? 'nobody'}`)
    }
  },
)

t.test(
  'whom one has met only since one asked was unheard of when the lock was given; one asked for later is above (2714)',
  async t => {
    const watch = new LockWatch()
    const [a, b] = [processIn(watch, 'a'), processIn(watch, 'b')]
    await a.takes(7)
    const given = await b.takes(6, true, () => {
      a.sees('b')
      b.sees('a')
    })
    t.strictSame(b.broken, [])
    given.isHeld = false
    await b.takes(5)
    t.match(b.broken, [
      /while a has its lock/,
      /has the fence 5, and 7 came before/,
      /has the fence 5, and 6 came before/,
    ])
  },
)

t.test('who has not started has met nobody, and is not asked for its name', async t => {
  const watch = new LockWatch()
  const [a, b] = [processIn(watch, 'a'), processIn(watch, 'b')]
  processIn(watch, 'c', false)
  a.sees('b')
  b.sees('a')
  await a.takes(7)
  await b.takes(8)
  t.match(b.broken, [/session s is locked by b while a has its lock/])
})
