import { once } from 'node:events'
import { IncomingMessage, type ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import express from 'express'
import t from 'tap'
import { ReplicationValve, SessionLockTimeoutError, SessionOvertakenError } from '../src/index.js'
import { RawClient } from './support/raw-client.js'
import { Signal } from './support/signal.js'
import type { TestManager } from './support/test-manager.js'
import { SECRET, serve, serveWith, type Teardown } from './support/test-server.js'

/** As another request of the same session would. */
function writeElsewhere(manager: TestManager, id: string, naps: number): void {
  const found = manager.real.findSession(id)
  if (found.kind !== 'here') throw new Error(found.kind)
  found.session.setAttribute('naps', naps)
  manager.real.requestCompleted(found.session)
}

const ownLocks = (manager: TestManager) => manager.real.inspect().locks.own

function nap(req: IncomingMessage, res: ServerResponse): void {
  req.session.naps = (req.session.naps ?? 0) + 1
  res.end(String(req.session.naps))
}

t.test('a request with a session has it to itself from before its handler until its answer starts', async t => {
  const entered = new Signal<void>()
  const goOn = new Signal<void>()
  const order: string[] = []
  const { manager, browser, valve } = await serve(
    t,
    async (req, res) => {
      order.push(`${req.url} in`)
      if (req.url === '/first') {
        entered.resolve()
        await goOn.promise
      }
      nap(req, res)
      order.push(`${req.url} out`)
    },
    { lock: { mode: 'all' } },
  )
  const user = browser()
  await user.get('/new')
  t.equal(valve.statistics.nrOfLockedRequests, 0, 'a new session is nobody else’s')
  order.length = 0
  const first = user.get('/first')
  await entered.promise
  const second = user.get('/second')
  while (ownLocks(manager).waiting === 0) await new Promise(resolve => setImmediate(resolve))
  goOn.resolve()
  t.strictSame([(await first).body, (await second).body], ['2', '3'])
  t.strictSame(order, ['/first in', '/first out', '/second in', '/second out'])
  t.match(ownLocks(manager), { held: 0, granted: 2 })
})

t.test('a client that goes away gives its lock back, or its place in the queue', async t => {
  const { manager, browser, port } = await serve(
    t,
    async (req, res) => {
      if (req.url === '/hang') return
      nap(req, res)
    },
    { lock: { mode: 'all' } },
  )
  const user = browser()
  await user.get('/nap')
  const clients = ['/hang', '/hang'].map(path => {
    const client = new RawClient(port)
    client.get(path, user.cookie)
    return client
  })
  while (ownLocks(manager).held === 0 || ownLocks(manager).waiting === 0)
    await new Promise(resolve => setImmediate(resolve))
  for (const client of clients) client.destroy()
  t.equal((await user.get('/nap')).body, '2')
  while (ownLocks(manager).held > 0) await new Promise(resolve => setImmediate(resolve))
  t.match(ownLocks(manager), { held: 0, waiting: 0 })
})

t.test('a handler that throws, a session that ends and one that is replaced give it back', async t => {
  const { manager, browser } = await serveWith(t, { lock: { mode: 'all' } }, valve => {
    const app = express()
    app.use(valve.express())
    app.get('/nap', nap)
    app.get('/throw', () => {
      throw Object.assign(new Error('on purpose'), { expose: false })
    })
    app.get('/end', async (req, res) => {
      await req.session.destroy()
      res.end()
    })
    app.get('/renew', async (req, res) => {
      await req.session.regenerate()
      nap(req, res)
    })
    app.get('/rename', (req, res) => {
      req.session.changeId()
      nap(req, res)
    })
    app.use((_error: unknown, _req: unknown, res: express.Response, _next: unknown) => void res.status(500).end())
    return app
  })
  const user = browser()
  for (const path of ['/nap', '/throw', '/nap', '/renew', '/nap', '/rename', '/nap', '/end', '/nap']) {
    await user.get(path)
    t.equal(ownLocks(manager).held, 0, path)
  }
  t.match(ownLocks(manager), { granted: 7, timedOut: 0 })
})

t.test('an application that cannot have the lock is told by a typed error, and goes on as it was', async t => {
  const { manager, browser, valve } = await serve(t, async (req, res) => {
    if (req.url === '/nap') return nap(req, res)
    const error = await req.session.lock({ timeout: 3 }).catch((error: unknown) => error)
    t.ok(error instanceof SessionLockTimeoutError)
    t.match(error, { code: 'HTTP_SESSION_LOCK_TIMEOUT', status: 503, timeoutMs: 3 })
    nap(req, res)
  })
  const user = browser()
  await user.get('/nap')
  manager.locks.lock = async (_id, timeoutMs) => void t.equal(timeoutMs, 3)
  t.equal((await user.get('/try')).body, '2')
  t.equal(valve.statistics.nrOfLockTimeouts, 1)
})

t.test('who has the lock and cannot have what its last holder left says so in the answer', async t => {
  const { manager, browser, valve } = await serve(t, async (req, res) => {
    if (req.url === '/nap') return nap(req, res)
    Object.assign(manager, { finding: 'behind', loading: 'stale' })
    await req.session.lock()
    t.equal(req.session.isStale, true)
    Object.assign(manager, { finding: undefined })
    nap(req, res)
  })
  const user = browser()
  t.equal((await user.get('/nap')).headers.get('clowder-stale'), null)
  const { body, headers } = await user.get('/lock')
  t.strictSame([body, headers.get('clowder-stale')], ['2', '1'])
  t.equal(valve.statistics.nrOfStaleAnswers, 1)
})

t.test('or is refused it, where nothing old is to be shown', async t => {
  const { manager, browser, valve } = await serve(
    t,
    async (req, res) => {
      if (req.url === '/nap') return nap(req, res)
      Object.assign(manager, { finding: 'behind', loading: 'stale' })
      await t.rejects(req.session.lock(), { code: 'HTTP_STALE_SESSION' })
      t.equal(ownLocks(manager).held, 0)
      res.end()
    },
    { whenStale: 'refuse' },
  )
  const user = browser()
  await user.get('/nap')
  await user.get('/lock')
  t.equal(valve.statistics.nrOfRefusedRequests, 1)
})

t.test('a session that ended while its lock was waited for cannot be locked', async t => {
  const { manager, browser } = await serve(t, async (req, res) => {
    if (req.url === '/nap') return nap(req, res)
    const lock = manager.locks.lock.bind(manager.locks)
    manager.locks.lock = async (id, timeoutMs) => {
      manager.real.expireSession(id)
      return lock(id, timeoutMs)
    }
    await t.rejects(req.session.lock(), { code: 'HTTP_SESSION_GONE' })
    res.end()
  })
  const user = browser()
  await user.get('/nap')
  await user.get('/lock')
  t.equal(ownLocks(manager).held, 0)
})

/** A valve that has learned that /quiet only reads. */
async function learned(t: Teardown, handler: (req: IncomingMessage, res: ServerResponse) => unknown) {
  const modes: string[] = []
  const served = await serve(
    t,
    (req, res) => {
      const mode = modes.shift()
      if (mode === 'nap') return nap(req, res)
      if (mode === 'write') return void handler(req, res)
      res.end(String(req.session.naps))
    },
    { lock: { mode: 'auto' } },
  )
  const user = served.browser()
  modes.push('nap')
  await user.get('/nap')
  for (let n = 0; n < 3; n++) await user.get('/quiet')
  const writing = (init?: RequestInit) => {
    modes.push('write')
    return user.get('/quiet', init)
  }
  return { ...served, user, writing }
}

type Verbs = (res: ServerResponse) => unknown
const answers: Record<string, Verbs> = {
  'in one piece': res => res.end('all of it'),
  'in pieces': res => {
    res.write('all ')
    res.write('of ')
    res.end('it')
  },
  'with a head of its own': res => res.writeHead(201, { 'X-Mine': '1' }).end('all of it'),
  'head first': res => {
    res.flushHeaders()
    res.end('all of it')
  },
  'from a stream': res => pipeline(Readable.from(['all ', 'of ', 'it']), res),
}

for (const [how, answer] of Object.entries(answers)) {
  t.test(`an answer ${how} waits for the lock of a request that was taken for a reader`, async t => {
    const { manager, user, writing, valve } = await learned(t, (req, res) => {
      req.session.naps = (req.session.naps ?? 0) + 1
      return answer(res)
    })
    const { body, status, headers, setCookies } = await writing()
    t.equal(body, 'all of it')
    t.equal(status, how === 'with a head of its own' ? 201 : 200)
    t.equal(headers.get('x-mine'), how === 'with a head of its own' ? '1' : null)
    t.match(setCookies, [/^clowder\.sid=/])
    t.strictSame(manager.attributes(user.sid), { naps: 2 })
    t.equal(valve.statistics.nrOfMispredictions, 1)
    t.equal(ownLocks(manager).held, 0)
  })

  t.test(`an answer ${how} is not given when another request has changed what its request had read`, async t => {
    const over = new Signal<void>()
    const { manager, user, writing, valve, logger } = await learned(t, async (req, res) => {
      const { naps = 0 } = req.session
      writeElsewhere(manager, req.session.id, 10)
      req.session.naps = naps + 1
      res.setHeader('X-Ours', '1')
      await answer(res)
      over.resolve()
    })
    const { body, status, headers, setCookies } = await writing()
    await over.promise
    t.equal(status, 503)
    t.match(body, /busy/)
    t.strictSame([headers.get('retry-after'), headers.get('x-ours'), headers.get('x-mine')], ['1', null, null])
    t.strictSame(setCookies, [])
    t.strictSame(manager.attributes(user.sid), { naps: 10 })
    t.match(valve.statistics, { nrOfOvertakenRequests: 1, nrOfFailedCommits: 1 })
    t.match(logger.lines.at(-1), /^error the changes of a request could not be committed/)
    t.equal((await user.get('/quiet')).body, '10')
  })
}

for (const [how, answer] of Object.entries(answers)) {
  t.test(
    `an answer ${how} that was given its lock late, over what is older than its last holder left, is marked`,
    async t => {
      const { manager, user, writing, valve } = await learned(t, (req, res) => {
        req.session.naps = (req.session.naps ?? 0) + 1
        Object.assign(manager, { finding: 'behind', loading: 'stale' })
        return answer(res)
      })
      const { body, headers } = await writing()
      t.strictSame([body, headers.get('clowder-stale')], ['all of it', '1'])
      t.strictSame(manager.attributes(user.sid), { naps: 2 })
      t.equal(valve.statistics.nrOfStaleAnswers, 1)
    },
  )
}

t.test('save tells of it before the answer', async t => {
  const { manager, writing } = await learned(t, async (req, res) => {
    const { naps = 0 } = req.session
    writeElsewhere(manager, req.session.id, 10)
    req.session.naps = naps + 1
    const error = await req.session.save().catch((error: unknown) => error)
    t.ok(error instanceof SessionOvertakenError)
    t.match(error, { code: 'HTTP_SESSION_OVERTAKEN', attributes: ['naps'] })
    await req.session.reload()
    res.end(String(req.session.naps))
  })
  t.equal((await writing()).body, '10')
})

for (const [how, first] of Object.entries({
  save: req => req.session.save(),
  unlock: req => req.session.unlock(),
  lock: req => req.session.lock(),
} satisfies Record<string, (req: IncomingMessage) => Promise<void>>)) {
  t.test(`an answer that does not wait for ${how} is not in the way of its lock`, async t => {
    const { manager, user, writing, valve } = await learned(t, async (req, res) => {
      req.session.naps = (req.session.naps ?? 0) + 1
      const [done, again] = [first(req), req.session.save()]
      res.end('all of it')
      await Promise.all([done, again])
    })
    t.equal((await writing()).body, 'all of it')
    t.strictSame(manager.attributes(user.sid), { naps: 2 })
    t.match(valve.statistics, { nrOfMispredictions: how === 'lock' ? 0 : 1, nrOfFailedCommits: 0 })
    t.match(ownLocks(manager), { held: 0, waiting: 0 })
  })
}

for (const when of ['the answer', 'its client has gone']) {
  t.test(`what is saved after ${when} is kept without a lock, whatever its request was taken for`, async t => {
    const saved = new Signal<unknown>()
    const client = new AbortController()
    const { manager, user, writing, valve } = await learned(t, async (req, res) => {
      void req.session
      if (when === 'the answer') res.end('all of it')
      else client.abort()
      await once(res, 'close')
      req.session.naps = 7
      saved.resolve(await req.session.save().catch((error: unknown) => error))
    })
    await writing({ headers: { connection: 'close' }, signal: client.signal }).catch(() => {})
    t.equal(await saved.promise, undefined)
    t.strictSame(manager.attributes(user.sid), { naps: 7 })
    t.equal(valve.statistics.nrOfMispredictions, 0)
    t.match(ownLocks(manager), { held: 0, waiting: 0 })
  })
}

t.test(
  'what is saved while an answer flows is kept without a lock, which nobody would give back before its end',
  async t => {
    const { manager, user, writing } = await learned(t, async (req, res) => {
      void req.session
      res.write('all ')
      req.session.naps = 7
      await req.session.save()
      t.match(ownLocks(manager), { held: 0, waiting: 0 })
      res.end('of it')
    })
    t.equal((await writing()).body, 'all of it')
    t.strictSame(manager.attributes(user.sid), { naps: 7 })
  },
)

for (const [how, giveBack] of Object.entries({
  'with its answer': (_, res) => once(res.end('all of it'), 'close'),
  'by unlock': req => req.session.unlock(),
} satisfies Record<string, (req: IncomingMessage, res: ServerResponse) => Promise<unknown>>)) {
  t.test(`what is saved after the lock was given back ${how} is kept without it`, async t => {
    const saved = new Signal<unknown>()
    const { manager, browser } = await serve(t, async (req, res) => {
      if (req.url === '/nap') return nap(req, res)
      await req.session.lock()
      await giveBack(req, res)
      t.match(ownLocks(manager), { granted: 1, held: 0 })
      req.session.naps = 7
      saved.resolve(await req.session.save().catch((error: unknown) => error))
      res.end()
    })
    const user = browser()
    await user.get('/nap')
    await user.get('/late')
    t.equal(await saved.promise, undefined)
    t.strictSame(manager.attributes(user.sid), { naps: 7 })
  })
}

t.test('what is assigned while the lock is waited for stays', async t => {
  const { browser } = await serve(t, async (req, res) => {
    if (req.url === '/lock') {
      const locked = req.session.lock()
      req.session.purrs = 1
      await locked
    }
    req.session.naps ??= 0
    res.end(String(req.session.purrs))
  })
  const user = browser()
  await user.get('/nap')
  t.equal((await user.get('/lock')).body, '1')
  t.equal((await user.get('/nap')).body, '1')
})

t.test('a valve whose manager has no locks cannot be told to lock', async t => {
  const manager = { findSession: () => ({ kind: 'unknown' }) } as never
  t.throws(() => new ReplicationValve({ manager }, { secrets: [SECRET], lock: { mode: 'all' } }), /no locks/)
  t.doesNotThrow(() => new ReplicationValve({ manager }, { secrets: [SECRET] }))
})

t.test('asked for twice at once it is taken once, and after the answer not at all', async t => {
  const over = new Signal<void>()
  const { manager, browser } = await serve(t, async (req, res) => {
    if (req.url === '/nap') return nap(req, res)
    const { session } = req
    await Promise.all([session.lock(), session.lock()])
    t.match(ownLocks(manager), { asked: 1, held: 1 })
    res.once('close', async () => {
      await t.rejects(session.lock(), { code: 'HTTP_SESSION_GONE' })
      over.resolve()
    })
    res.end()
    await session.lock()
  })
  const user = browser()
  await user.get('/nap')
  await user.get('/lock')
  await over.promise
  t.match(ownLocks(manager), { asked: 2, held: 0 })
})

t.test('a lock on a session that replaced another gives back the lock of that one', async t => {
  const { manager, browser } = await serve(t, async (req, res) => {
    if (req.url === '/nap') return nap(req, res)
    await req.session.lock()
    await req.session.regenerate()
    await req.session.save()
    await req.session.lock()
    t.match(ownLocks(manager), { asked: 2, held: 1 })
    nap(req, res)
  })
  const user = browser()
  await user.get('/nap')
  t.equal((await user.get('/login')).body, '1')
  t.match(ownLocks(manager), { held: 0 })
})

t.test('unlock gives the lock back also when an attribute could not be kept', async t => {
  const { manager, browser } = await serve(t, async (req, res) => {
    if (req.url === '/nap') return nap(req, res)
    await req.session.lock()
    req.session.yarn = () => {}
    await t.rejects(req.session.unlock(), { code: 'HA_UNSERIALIZABLE_VALUE' })
    res.end(String(ownLocks(manager).held))
  })
  const user = browser()
  await user.get('/nap')
  t.equal((await user.get('/unlock')).body, '0')
})

t.test('a visit gives its lock back with save, whatever comes of it', async t => {
  const { manager, browser, valve } = await serve(t, nap)
  const failures: (() => void)[] = [
    () => void (manager.failure = new Error('stopped')),
    () => void manager.real.expireSession(user.sid),
  ]
  const user = browser()
  for (const fail of failures) {
    await user.get('/nap')
    const req = new IncomingMessage(new Socket())
    req.headers.cookie = `clowder.sid=${user.cookie}`
    const session = (await valve.session(req))!
    await session.lock()
    session.naps = 9
    t.equal(ownLocks(manager).held, 1)
    fail()
    await t.rejects(session.save())
    t.equal(ownLocks(manager).held, 0)
    manager.failure = undefined
  }
})

t.test('a visit whose connection has closed holds no lock, and takes none', async t => {
  const { manager, browser, valve } = await serve(t, nap)
  const user = browser()
  await user.get('/nap')
  const req = new IncomingMessage(new Socket())
  req.headers.cookie = `clowder.sid=${user.cookie}`
  for (let n = 0; n < 20; n++) {
    const session = (await valve.session(req))!
    await session.lock()
    await session.unlock()
  }
  t.equal(req.socket.listenerCount('close'), 0)
  const session = (await valve.session(req))!
  const late = (await valve.session(req))!
  await session.lock()
  t.equal(ownLocks(manager).held, 1)
  req.socket.destroy()
  await once(req.socket, 'close')
  t.equal(ownLocks(manager).held, 0)
  await t.rejects(late.lock(), { code: 'HTTP_SESSION_GONE' })
  t.equal(ownLocks(manager).held, 0)
})

t.test('who looks at the session for the first time when the client has gone cannot have its lock', async t => {
  const entered = new Signal<ServerResponse>()
  const left = new Signal<void>()
  const tried = new Signal<unknown>()
  const { manager, browser, port } = await serve(t, async (req, res) => {
    if (req.url === '/nap') return nap(req, res)
    entered.resolve(res)
    await left.promise
    tried.resolve(await req.session.lock().catch((error: unknown) => error))
  })
  const user = browser()
  await user.get('/nap')
  const client = new RawClient(port)
  client.get('/late', user.cookie)
  const closed = once(await entered.promise, 'close')
  client.destroy()
  await closed
  left.resolve()
  t.match(await tried.promise, { code: 'HTTP_SESSION_GONE' })
  t.equal(ownLocks(manager).held, 0)
})
