import t from 'tap'
import { type SessionLock, SessionLockLostError, SessionReadOnlyError } from '../../src/index.js'
import { startCluster, TestNode } from '../support/delta-cluster.js'
import {
  homeOf,
  increment,
  lockCluster,
  lockMessageIn,
  openLocked,
  sessionAt,
  watched,
} from '../support/lock-cluster.js'
import { messageIn } from '../support/message-in.js'

const LEASE_MS = 3_000
const names = ['a', 'b', 'c']

t.test(
  'one has the lock at a time, wherever they ask, in the order of asking, and each reads what the last one wrote',
  async t => {
    const { nodes, id, until, advance } = await lockCluster()
    const order: number[] = []
    const pause = (node: TestNode, ms: number) =>
      new Promise<void>(resolve => node.channel.clock.setTimer(ms, () => resolve()))
    const request = async (node: TestNode, turn: number) => {
      await pause(node, 2 * turn)
      const locked = (await openLocked(node, id))!
      order.push(turn)
      // Takes a while, as a handler does.
      await pause(node, 5)
      return increment(node, locked)
    }
    const requests = Array.from({ length: 60 }, (_, turn) => request(nodes[turn % 3]!, turn))
    const values = await until(Promise.all(requests))
    const turns = Array.from({ length: 60 }, (_, n) => n)
    t.strictSame(order, turns)
    t.strictSame(
      values,
      turns.map(n => n + 1),
    )
    await advance(5)
    for (const node of nodes) t.match(node.eventsOf('conflict'), [])
    const { own, home } = homeOf(id, nodes).manager.inspect().locks
    t.match(home, { granted: 60, overrun: 0, waiting: 0, held: 0 })
    t.match(own, { held: 0, waiting: 0 })
  },
)

t.test('where few hold a session, the next holder reads what the last one wrote as well', async t => {
  const { nodes, a, advance, until } = await startCluster({ names: ['a', 'b', 'c', 'd', 'e'], options: { copies: 2 } })
  const id = await sessionAt(a, nodes, advance)
  const requests = Array.from({ length: 40 }, async (_, turn) => {
    const node = nodes[turn % nodes.length]!
    return increment(node, (await openLocked(node, id))!)
  })
  await until(Promise.all(requests))
  await advance(3_000)
  const last = (await until(openLocked(nodes[3]!, id)))!
  t.equal(last.session.getAttribute('n'), 40)
})

t.test('a commit that is on its way while the lock is given on is waited for', async t => {
  const { b, c, id, cluster, until } = await lockCluster()
  const locked = (await until(openLocked(b, id)))!
  cluster.filter = (body, _source, target) => lockMessageIn(body) !== undefined || target !== c.channel
  increment(b, locked)
  const next = openLocked(c, id)
  cluster.filter = () => true
  t.equal((await until(next))!.session.getAttribute('n'), 1)
})

t.test('nothing is said about locks where nobody locks', async t => {
  const { nodes, a, cluster, advance } = await startCluster({ names })
  const said: string[] = []
  cluster.filter = body => {
    const type = lockMessageIn(body)
    if (type) said.push(type)
    return true
  }
  const { id } = a.write(undefined, { n: 0 })
  nodes[2]!.kill()
  new TestNode(cluster, 'd').up()
  await advance(10_000)
  a.write(id, { n: 1 })
  t.strictSame(said, [])
})

t.test('a holder that is killed keeps the others waiting for its lease, and no longer', async t => {
  const { b, c, id, cluster, until, advance } = await lockCluster()
  const locked = (await until(openLocked(b, id)))!
  locked.session.setAttribute('n', 100)
  b.kill()
  const sinceMs = cluster.time.nowMs
  await advance(10)
  const next = (await until(openLocked(c, id)))!
  const waitedMs = cluster.time.nowMs - sinceMs
  t.ok(waitedMs <= LEASE_MS * 1.1 + 50, `waited ${waitedMs} ms`)
  t.equal(increment(c, next), 1)
})

t.test('a commit that its holder sent before it was killed is read by the next, who asks everybody', async t => {
  const { b, c, id, cluster, until, advance } = await lockCluster()
  const locked = (await until(openLocked(b, id)))!
  // Only the home gets it.
  cluster.filter = (body, source, target) =>
    source !== b.channel || (target !== c.channel && lockMessageIn(body) === undefined)
  increment(b, locked)
  await advance(5)
  b.kill()
  // Nor does a comparison of tables tell it.
  cluster.filter = body => messageIn(body).type !== 'DIGEST'
  await advance(5)
  t.equal((await until(openLocked(c, id)))!.session.getAttribute('n'), 1)
})

t.test('a holder that was suspended beyond its lease commits nothing, and is told', async t => {
  const { a, b, c, id, until, advance } = await lockCluster()
  const locked = (await until(openLocked(b, id)))!
  locked.session.setAttribute('n', 100)
  locked.session.setAttribute('other', 1)
  b.channel.hang()
  await advance(10)
  increment(c, (await until(openLocked(c, id)))!)
  await advance(1_000)
  b.channel.resume()
  t.throws(() => b.manager.requestCompleted(locked.session), SessionLockLostError)
  t.throws(() => increment(b, locked), { code: 'HA_SESSION_LOCK_LOST' }, 'and again, for a new change')
  await advance(100)
  for (const node of [a, b, c]) t.strictSame(node.read(id), { n: 1 }, node.channel.name)
  t.equal(increment(b, (await until(openLocked(b, id)))!), 2)
})

t.test('a holder whose home is out of reach ends before the home gives the lock on', async t => {
  const { a, b, c, id, cluster, until, advance } = await lockCluster()
  const locked = (await until(openLocked(b, id)))!
  cluster.filter = (body, source, target) =>
    lockMessageIn(body) === undefined || (source !== b.channel && target !== b.channel)
  const next = watched(c.manager.locks.lock(id, 20_000))
  let overlaps = 0
  for (let ms = 0; ms < 4_000; ms += 5) {
    await advance(5)
    if (next.lock && locked.lock.isHeld) overlaps++
  }
  t.ok(next.lock)
  t.equal(overlaps, 0)
  t.equal(a.manager.inspect().locks.home.overrun, 1)
})

t.test('a lock is renewed for as long as its request takes', async t => {
  const { b, c, id, until, advance } = await lockCluster()
  const locked = (await until(openLocked(b, id)))!
  const next = watched(c.manager.locks.lock(id, 60_000))
  await advance(30_000)
  t.ok(locked.lock.isHeld)
  t.notOk(next.isOver)
  t.equal(increment(b, locked), 1)
  await advance(10)
  t.ok(next.lock?.isHeld)
})

t.test(
  'a frame of a suspended holder that comes late loses against all that the next one wrote, whatever its clock says',
  async t => {
    for (const skewMs of [-50_000, 0, 20_000, 100_000]) {
      const { a, b, c, id, cluster, until, advance } = await lockCluster({ skewsMs: [0, skewMs, 0] })
      const locked = (await until(openLocked(b, id)))!
      await advance(2_900)
      // Committed within the lease; the frame stays in the process, and so does what it would say to the home.
      const late: (() => void)[] = []
      cluster.filter = (_body, source) => source !== b.channel
      const { post } = b.channel
      b.channel.post = (...args) => {
        late.push(() => post.apply(b.channel, args))
        return 0
      }
      increment(b, locked)
      b.channel.hang()
      const next = (await until(openLocked(c, id)))!
      next.session.setAttribute('n', 'next')
      c.manager.requestCompleted(next.session)
      next.lock.release()
      cluster.filter = () => true
      b.channel.post = post
      b.channel.resume()
      for (const send of late) send()
      await advance(3_000)
      for (const node of [a, b, c]) t.strictSame(node.read(id), { n: 'next' }, `${node.channel.name}, ${skewMs} ms`)
    }
  },
)

t.test(
  'so it does where the clock of the home was far ahead when it gave the lock, and has been set since',
  async t => {
    for (const aheadMs of [20_000, 100_000]) {
      const { a, b, c, id, cluster, until, advance } = await lockCluster()
      cluster.filter = body => lockMessageIn(body) !== undefined
      a.channel.skewMs = aheadMs
      a.write(undefined, { n: 0 })
      a.channel.skewMs = 0
      const locked = (await until(openLocked(b, id)))!
      await advance(1_500)
      const { post } = b.channel
      const late: (() => void)[] = []
      b.channel.post = (...args) => {
        late.push(() => post.apply(b.channel, args))
        return 0
      }
      for (const n of [1, 2, 3]) {
        locked.session.setAttribute('n', n)
        b.manager.requestCompleted(locked.session)
      }
      b.channel.hang()
      cluster.filter = () => true
      const next = (await until(openLocked(c, id)))!
      next.session.setAttribute('n', 'next')
      c.manager.requestCompleted(next.session)
      next.lock.release()
      b.channel.post = post
      b.channel.resume()
      for (const send of late) send()
      await advance(3_000)
      for (const node of [a, b, c]) t.strictSame(node.read(id), { n: 'next' }, `${node.channel.name}, ${aheadMs} ms`)
    }
  },
)

t.test('a message about a lock that is lost costs a moment, and no lock', async t => {
  for (const lost of ['LOCK', 'GRANTED', 'UNLOCK', 'RENEW', 'WHOSE', 'LOCKS'] as const) {
    const { b, c, id, cluster, until, advance } = await lockCluster()
    let taken = 0
    cluster.filter = body => lockMessageIn(body) !== lost || taken++ > 0
    increment(b, (await until(openLocked(b, id)))!)
    const next = await until(openLocked(c, id))
    await advance(1_500)
    t.ok(next!.lock.isHeld, lost)
    t.equal(increment(c, next!), 2, lost)
  }
})

t.test(
  'under loss, delay and duplication a thousand increments are a thousand, and no two holders overlap',
  async t => {
    for (const seed of [1, 2, 3]) {
      const { nodes, id, cluster, until, advance } = await lockCluster({ seed })
      cluster.faults = { delayMinMs: 1, delayMaxMs: 20, loss: 0.02, duplication: 0.02 }
      const holders = new Set<SessionLock>()
      let overlaps = 0
      let done = 0
      const client = async (index: number) => {
        for (let turn = 0; turn < 42; turn++) {
          const node = nodes[(index + turn) % 3]!
          const locked = (await openLocked(node, id, 60_000))!
          if ([...holders].some(lock => lock.isHeld)) overlaps++
          holders.add(locked.lock)
          await new Promise<void>(resolve => node.channel.clock.setTimer(3, () => resolve()))
          increment(node, locked)
          holders.delete(locked.lock)
          done++
        }
      }
      await until(Promise.all(Array.from({ length: 8 }, (_, index) => client(index))))
      cluster.faults = { delayMinMs: 1, delayMaxMs: 1, loss: 0, duplication: 0 }
      await advance(10_000)
      t.equal(overlaps, 0, `seed ${seed}`)
      for (const node of nodes)
        t.strictSame(node.read(id), { n: done }, `seed ${seed}: ${done} on ${node.channel.name}`)
    }
  },
)

t.test('who waits too long is told so, and what is granted after that goes back', async t => {
  const { b, c, id, cluster, until, advance } = await lockCluster()
  const locked = (await until(openLocked(b, id)))!
  const sinceMs = cluster.time.nowMs
  t.equal(await until(c.manager.locks.lock(id, 200)), undefined)
  t.equal(cluster.time.nowMs - sinceMs, 200)
  t.match(c.manager.inspect().locks.own, { timedOut: 1, waiting: 0 })
  increment(b, locked)
  await advance(10)
  t.ok(await until(c.manager.locks.lock(id, 200)))
})

t.test(
  'a grant for which nobody waits goes back, also when the home has not heard that the question is over',
  async t => {
    const { a, b, c, id, cluster, until, advance } = await lockCluster()
    const locked = (await until(openLocked(b, id)))!
    cluster.faults = { ...cluster.faults, delayMinMs: 60, delayMaxMs: 60 }
    cluster.filter = (body, source) => source !== c.channel || lockMessageIn(body) !== 'UNLOCK'
    const late = watched(c.manager.locks.lock(id, 200))
    await advance(100)
    increment(b, locked)
    await advance(105)
    t.ok(late.isOver && !late.lock)
    t.match(a.manager.inspect().locks.home, { granted: 2, held: 1 })
    cluster.filter = () => true
    await advance(100)
    t.match(a.manager.inspect().locks.home, { held: 0 })
  },
)

t.test('the lock of a holder that has died, and that nobody else asks for, is forgotten after a while', async t => {
  const { a, b, id, until, advance } = await lockCluster()
  await until(openLocked(b, id))
  b.kill()
  await advance(15_000)
  t.match(a.manager.inspect().locks.home, { held: 1 })
  await advance(90_000)
  t.match(a.manager.inspect().locks.home, { held: 0, remembered: 0 })
})

t.test('after a stop nobody is left waiting, and what was held is free for others', async t => {
  const { a, b, c, id, until, advance } = await lockCluster()
  const locked = (await until(openLocked(b, id)))!
  const waiting = b.manager.locks.lock(id, 60_000)
  await advance(10)
  b.manager.stop()
  t.equal(await until(waiting), undefined)
  t.ok(await b.manager.locks.lock(id, 100), 'alone, it may have it')
  await advance(20)
  t.ok(await until(c.manager.locks.lock(id, 100)))
  locked.lock.release()
  t.match(a.manager.inspect().locks.home, { held: 1 })
})

t.test('a session that may only be read refuses each change, and takes a new id without them', async t => {
  const { b, id } = await lockCluster()
  const session = b.open(id)
  session.isReadOnly = true
  session.setAttribute('n', 5)
  const { changed, refused } = b.manager.requestCompleted(session)
  t.notOk(changed)
  t.match(refused, [{ code: 'HA_SESSION_READ_ONLY', path: 'n' }])
  t.ok(refused[0] instanceof SessionReadOnlyError)
  t.equal(session.getAttribute('n'), 0)
  session.setAttribute('n', 6)
  const newId = session.changeSessionId()
  t.match(b.manager.requestCompleted(session), { changed: true, refused: [{ path: 'n' }] })
  t.strictSame(b.read(newId), { n: 0 })
})

t.test('under a lost lock a session takes no new id either, and ends all the same', async t => {
  const { b, id, until, advance } = await lockCluster()
  const { lock, session } = (await until(openLocked(b, id)))!
  b.channel.hang()
  await advance(LEASE_MS + 10)
  b.channel.resume()
  session.changeSessionId()
  t.throws(() => b.manager.requestCompleted(session), SessionLockLostError)
  t.equal(session.id, id)
  session.invalidate()
  b.manager.requestCompleted(session)
  t.equal(b.read(id), 'dead')
  lock.release()
})

t.test('what a request had read or written and others have changed since is overtaken', async t => {
  const { b, id } = await lockCluster()
  const session = b.open(id)
  t.equal(session.getAttribute('n'), 0)
  session.setAttribute('x', 1)
  t.strictSame(session.overtaken(), [])
  b.write(id, { other: 1 })
  t.strictSame(session.overtaken(), [])
  b.write(id, { x: 2 })
  t.strictSame(session.overtaken(), ['x'])
  b.write(id, { n: 2 })
  t.strictSame([...session.overtaken()].sort(), ['n', 'x'])
  session.lookAgain()
  t.equal(session.getAttribute('n'), 2)
  t.equal(session.getAttribute('x'), 1, 'what was changed stays')
  t.strictSame(session.overtaken(), ['x'])
})

t.test('a grant that was long on its way is held for what is left of its lease', async t => {
  const { b, id, cluster, until, advance } = await lockCluster()
  cluster.filter = body => lockMessageIn(body) !== 'GRANTED'
  const asked = b.manager.locks.lock(id, 20_000)
  await advance(2_000)
  cluster.filter = () => true
  const lock = (await until(asked))!
  t.ok(lock.remainingMs <= LEASE_MS - 2_000, `${lock.remainingMs} ms left`)
  lock.release()
  t.equal(lock.remainingMs, 0)
})

t.test('a grant that comes when its lease is over is not taken: the lock is asked for anew', async t => {
  const { b, id, cluster, until, advance } = await lockCluster()
  cluster.filter = body => lockMessageIn(body) !== 'GRANTED'
  const asked = b.manager.locks.lock(id, 20_000)
  await advance(LEASE_MS + 20)
  cluster.filter = () => true
  t.ok((await until(asked))!.isHeld)
})

t.test('a lease that is renewed begins when that was asked for, not when the answer has come', async t => {
  const { b, id, cluster, until, advance } = await lockCluster()
  const lock = (await until(b.manager.locks.lock(id, 20_000)))!
  await advance(LEASE_MS / 6)
  cluster.faults = { ...cluster.faults, delayMinMs: 400, delayMaxMs: 400 }
  let mostMs = 0
  for (let n = 0; n < 100; n++) {
    await advance(20)
    mostMs = Math.max(mostMs, lock.remainingMs)
  }
  t.ok(lock.isHeld && mostMs <= LEASE_MS - LEASE_MS / 6, `${mostMs} ms left`)
})

t.test('a grant by somebody who is not the home, as the asker sees it, is given back', async t => {
  const { a, b, c, id, until, advance } = await lockCluster()
  const locked = (await until(openLocked(b, id)))!
  const next = watched(c.manager.locks.lock(id, 20_000))
  await advance(10)
  c.channel.sees(a.channel, false)
  increment(b, locked)
  await advance(50)
  t.notOk(next.lock)
  t.match(a.manager.inspect().locks.home, { granted: 2 })
})

t.test('nobody waits for a lock for ever, and not at all who says no number', async t => {
  const { nodes, id, until, advance } = await lockCluster()
  const home = homeOf(id, nodes)
  const asker = nodes.find(node => node !== home)!
  const holder = (await until(home.manager.locks.lock(id, 1_000)))!
  t.equal(await until(asker.manager.locks.lock(id, Number.NaN)), undefined)
  t.equal(await until(asker.manager.locks.lock(id, -1)), undefined)
  const patient = asker.manager.locks.lock(id, Number.POSITIVE_INFINITY)
  await advance(601_000)
  t.equal(await patient, undefined)
  holder.release()
  await advance(5)
  t.ok(await until(asker.manager.locks.lock(id, Number.POSITIVE_INFINITY)))
})
