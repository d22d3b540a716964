import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import t from 'tap'
import { ReplicationValve, SessionAssignedError } from '../src/index.js'
import { TestManager } from './support/test-manager.js'
import { SECRET, serve } from './support/test-server.js'

/** Counts at /naps, shows at /show, and answers everything else without a look at the session. */
function counter(req: IncomingMessage, res: ServerResponse): void {
  if (req.url === '/naps') req.session.naps = (req.session.naps ?? 0) + 1
  res.end(req.url === '/naps' || req.url === '/show' ? JSON.stringify(req.session) : 'hello')
}

t.test('a request that never looks at its session makes none, commits nothing and gets no cookie', async t => {
  const { manager, browser, valve } = await serve(t, counter)
  const answer = await browser().get('/')
  t.equal(answer.body, 'hello')
  t.strictSame(answer.setCookies, [])
  t.strictSame(manager.calls, [])
  t.equal(valve.statistics.nrOfRequests, 1)
})

t.test('a handler that looks and finds nothing leaves no session behind', async t => {
  const { manager, browser } = await serve(t, counter)
  const answer = await browser().get('/show')
  t.equal(answer.body, '{}')
  t.strictSame(answer.setCookies, [])
  t.strictSame(manager.calls, ['create'])
})

t.test('what one request stores, the next one finds', async t => {
  const { manager, browser, valve } = await serve(t, counter)
  const user = browser()
  const first = await user.get('/naps')
  t.match(first.setCookies, [/^clowder\.sid=[\w-]{32}\.[\w-]+\.[\w-]{43}; Path=\/; HttpOnly; SameSite=Lax$/])
  t.equal((await user.get('/naps')).body, '{"naps":2}')
  t.strictSame(manager.attributes(user.sid), { naps: 2 })
  t.equal(valve.statistics.nrOfSendRequests, 2)
})

t.test('a known client that does not use its session costs a find and nothing else', async t => {
  const { manager, browser } = await serve(t, counter)
  const user = browser()
  await user.get('/naps')
  manager.calls.length = 0
  t.strictSame((await user.get('/')).setCookies, [])
  t.strictSame(manager.calls, ['find'])
})

t.test('a session that was read and not changed keeps its cookie', async t => {
  const { browser, valve } = await serve(t, counter)
  const user = browser()
  await user.get('/naps')
  const answer = await user.get('/show')
  t.equal(answer.body, '{"naps":1}')
  t.strictSame(answer.setCookies, [])
  t.equal(valve.statistics.nrOfSendRequests, 1)
})

t.test('parallel requests that change different attributes both keep their change', async t => {
  let bothAreIn: (() => void) | undefined
  const wait = new Promise<void>(resolve => {
    bothAreIn = resolve
  })
  let inside = 0
  const { manager, browser } = await serve(t, async (req, res) => {
    if (req.url === '/login') req.session.cat = { name: 'ann' }
    else {
      const { session } = req
      if (++inside === 2) bothAreIn?.()
      await wait
      if (req.url === '/a') session.naps = 1
      else session.purrs = 2
    }
    res.end()
  })
  const user = browser()
  await user.get('/login')
  await Promise.all([user.get('/a'), user.get('/b')])
  t.strictSame(manager.attributes(user.sid), { cat: { name: 'ann' }, naps: 1, purrs: 2 })
})

t.test('a read that shows more than the cookie says brings the cookie up to date', async t => {
  const { browser } = await serve(t, counter)
  const user = browser()
  await user.get('/naps')
  const before = user.cookie
  await user.get('/naps')
  const latest = user.cookie
  user.cookie = before
  t.strictSame((await user.get('/')).setCookies, [], 'not when nothing was read')
  await user.get('/show')
  t.equal(user.cookie, latest)
})

t.test('saveUninitialized gives every client a session', async t => {
  const { browser, manager } = await serve(t, counter, { saveUninitialized: true })
  const user = browser()
  t.equal((await user.get('/')).setCookies.length, 1)
  t.strictSame(manager.attributes(user.sid), {})
  t.strictSame((await user.get('/')).setCookies, [])
})

t.test('with saveUninitialized and no session to be had, the client is served without one', async t => {
  class Full extends TestManager {
    override createSession(): never {
      throw new Error('full')
    }
  }
  const { browser, logger } = await serve(t, (_, res) => void res.end('hello'), { saveUninitialized: true }, new Full())
  t.equal((await browser().get('/')).body, 'hello')
  t.match(logger.lines, [/^warn a client goes without a session/])
})

t.test('rolling sends the cookie with every answer, and signs nothing anew', async t => {
  const { browser } = await serve(t, counter, { rolling: true, cookie: { maxAge: 60_000 } })
  const user = browser()
  await user.get('/naps')
  const cookie = user.cookie
  const answer = await user.get('/')
  t.match(answer.setCookies, [/; Max-Age=60; Expires=[^;]+; Path/])
  t.equal(user.cookie, cookie)
  t.strictSame((await browser().get('/')).setCookies, [], 'a client without a session has none to renew')
})

t.test('a filtered path has no session, whatever cookie comes', async t => {
  const { browser, manager, valve } = await serve(
    t,
    (req, res) => {
      if (req.url === '/in') req.session.naps = 1
      res.end(String(req.session))
    },
    { filter: '.*\\.css' },
  )
  const user = browser()
  await user.get('/in')
  manager.calls.length = 0
  t.equal((await user.get('/a.css?x=1')).body, 'undefined')
  t.strictSame(manager.calls, [])
  t.equal(valve.statistics.nrOfFilterRequests, 1)
})

t.test('an id that the client made up is never adopted', async t => {
  const { browser, valve, manager } = await serve(t, counter)
  for (const cookie of forgeries()) {
    const user = browser()
    user.cookie = cookie
    await user.get('/naps')
    t.not(user.sid, cookie.split('.')[0], cookie)
    t.equal(user.sid.length, 32)
  }
  t.equal(valve.statistics.nrOfForgedCookies, forgeries().length)
  t.equal(manager.countOf('find'), 0)
})

function forgeries(): string[] {
  const sid = 'A'.repeat(32)
  return ['x', sid, `${sid}.`, `${sid}..`, `${sid}..${'A'.repeat(43)}`, `..${'A'.repeat(43)}`, 'y'.repeat(5000)]
}

t.test('a cookie cut short, changed or signed by another cluster is no session', async t => {
  const { browser, valve } = await serve(t, counter)
  const user = browser()
  await user.get('/naps')
  const good = user.cookie!
  const elsewhere = await serve(t, counter, { secrets: ['another secret altogether'] })
  const stranger = elsewhere.browser()
  await stranger.get('/naps')
  const [sid, token, signature] = good.split('.')
  const bad = [
    good.slice(0, -1),
    `${sid}.${token}`,
    `${sid}.AAAAAAAAAAAA.${signature}`,
    `!${good.slice(1)}`,
    stranger.cookie!,
  ]
  for (const cookie of bad) {
    const thief = browser()
    thief.cookie = cookie
    t.equal((await thief.get('/show')).body, '{}', cookie)
  }
  t.equal(valve.statistics.nrOfForgedCookies, bad.length)
})

t.test('of several cookies of the name the first good one counts', async t => {
  const { browser, valve } = await serve(t, counter)
  const user = browser()
  await user.get('/naps')
  const headers = { cookie: `other-clowder.sid=1; clowder.sid=bad; a=b;clowder.sid=${user.cookie}; clowder.sid=c` }
  t.equal((await browser().get('/show', { headers })).body, '{"naps":1}')
  t.equal(valve.statistics.nrOfForgedCookies, 0)
})

t.test('secrets can be changed without losing a session', async t => {
  const manager = new TestManager()
  const before = await serve(t, counter, {}, manager)
  const after = await serve(t, counter, { secrets: ['the new secret of the cluster', SECRET] }, manager)
  const user = before.browser()
  await user.get('/naps')
  const moved = after.browser()
  moved.cookie = user.cookie
  t.equal((await moved.get('/')).setCookies.length, 1, 'the first answer brings a cookie signed with the new secret')
  t.not(moved.cookie, user.cookie)
  t.equal((await moved.get('/show')).body, '{"naps":1}')
  const last = await serve(t, counter, { secrets: ['the new secret of the cluster'] }, manager)
  const end = last.browser()
  end.cookie = moved.cookie
  t.equal((await end.get('/show')).body, '{"naps":1}')
})

t.test('a cookie that names another node comes back with our route, otherwise unchanged', async t => {
  const manager = new TestManager()
  const handler = (req: IncomingMessage, res: ServerResponse) => {
    if (req.url === '/naps') req.session.naps = 1
    res.end(req.url === '/route' ? String(req.session.originalRoute) : '')
  }
  const one = await serve(t, handler, { jvmRoute: 'node1' }, manager)
  const two = await serve(t, handler, { jvmRoute: 'node2' }, manager)
  const user = one.browser()
  await user.get('/naps')
  t.match(user.cookie, /\.node1$/)
  const moved = two.browser()
  moved.cookie = user.cookie
  t.equal((await moved.get('/route')).body, 'node1')
  t.equal(moved.cookie, user.cookie!.replace(/node1$/, 'node2'))
  t.strictSame((await moved.get('/route')).setCookies, [], 'once is enough')
  moved.cookie = user.cookie
  t.strictSame((await moved.get('/')).setCookies, [], 'an answer that has nothing to do with the session can be cached')
  t.equal(two.valve.statistics.nrOfRouteRewrites, 1)
  moved.cookie = `${user.cookie}.<script>`
  t.equal((await moved.get('/route')).body, 'undefined', 'a route that cannot be one is not shown')
})

t.test('a session that is behind is asked for before the handler runs', async t => {
  const { browser, manager, valve } = await serve(t, counter)
  const user = browser()
  await user.get('/naps')
  manager.finding = 'behind'
  manager.loading = 'here'
  const answer = await user.get('/show')
  t.equal(answer.body, '{"naps":1}')
  t.notOk(answer.headers.has('clowder-stale'))
  t.equal(valve.statistics.nrOfPulls, 1)
})

t.test('a session that nobody has is a new one under a new id', async t => {
  const { browser, manager } = await serve(t, counter)
  const user = browser()
  await user.get('/naps')
  const { sid } = user
  for (const finding of ['unknown', 'dead'] as const) {
    manager.finding = finding
    const later = browser()
    later.cookie = user.cookie
    t.equal((await later.get('/naps')).body, '{"naps":1}')
    t.not(later.sid, sid)
  }
})

t.test('a stale session is served, flagged and counted', async t => {
  const { browser, manager, valve } = await serve(t, (req, res) => {
    if (req.url === '/naps') req.session.naps = 1
    res.end(String(req.session.isStale))
  })
  const user = browser()
  t.equal((await user.get('/naps')).body, 'false')
  manager.finding = 'behind'
  manager.loading = 'stale'
  const answer = await user.get('/')
  t.equal(answer.body, 'true')
  t.equal(answer.headers.get('clowder-stale'), '1')
  t.equal(valve.statistics.nrOfStaleAnswers, 1)
})

t.test('a stale session is refused where that is the policy, and the handler does not run', async t => {
  let runs = 0
  const handler = (req: IncomingMessage, res: ServerResponse) => {
    runs++
    counter(req, res)
  }
  const { browser, manager, valve } = await serve(t, handler, { whenStale: 'refuse' })
  const user = browser()
  await user.get('/naps')
  manager.finding = 'behind'
  manager.loading = 'stale'
  const answer = await user.get('/show')
  t.equal(answer.status, 503)
  t.equal(answer.headers.get('clowder-stale'), '1')
  t.equal(answer.headers.get('retry-after'), '1')
  t.equal(runs, 1)
  t.equal(valve.statistics.nrOfRefusedRequests, 1)
})

t.test('a valve mounted twice gives one session', async t => {
  const manager = new TestManager()
  const second = new ReplicationValve({ manager }, { secrets: [SECRET] })
  const { browser } = await serve(t, second.nodeHttp(counter), {}, manager)
  const user = browser()
  t.equal((await user.get('/naps')).setCookies.length, 1)
  t.equal(manager.countOf('commit'), 1)
})

t.test('the acknowledgement asked for is passed to the manager', async t => {
  const { browser, manager } = await serve(t, counter, { acknowledge: 'all' })
  await browser().get('/naps')
  t.strictSame(manager.levels, ['all'])
})

t.test(
  'a value that cannot be kept is logged with its path; the rest of the session is kept and the answer goes out',
  async t => {
    const refused: string[] = []
    const { browser, manager, valve, logger } = await serve(
      t,
      (req, res) => {
        req.session.naps = 1
        req.session.yarn = () => 1
        res.writeHead(200)
        res.end('done')
      },
      {
        onRefused: (error, req) => {
          refused.push(`${req.url} ${error.code}`)
          throw new Error('a bad hook')
        },
      },
    )
    const user = browser()
    t.equal((await user.get('/x')).body, 'done')
    t.strictSame(manager.attributes(user.sid), { naps: 1 })
    t.strictSame(refused, ['/x HA_UNSERIALIZABLE_VALUE'])
    t.match(logger.lines, [/^error session attribute yarn is a function/, /onRefused threw/])
    t.equal(valve.statistics.nrOfRefusedAttributes, 1)
  },
)

t.test('an answer goes out even when its commit fails', async t => {
  const { browser, manager, valve, logger } = await serve(t, counter)
  manager.failure = new Error('stopped')
  const answer = await browser().get('/naps')
  t.equal(answer.body, '{"naps":1}')
  t.strictSame(answer.setCookies, [])
  t.equal(valve.statistics.nrOfFailedCommits, 1)
  t.match(logger.lines, [/^error the changes of a request could not be committed/])
})

t.test('secure: auto follows the connection, and the proxy where it is trusted', async t => {
  const https = { headers: { 'x-forwarded-proto': 'https, http' } }
  const plain = await serve(t, counter)
  t.notMatch((await plain.browser().get('/naps', https)).setCookies[0], /Secure/)
  const trusting = await serve(t, counter, { trustProxy: true })
  t.match((await trusting.browser().get('/naps', https)).setCookies[0], /; HttpOnly; Secure; SameSite=Lax/)
  t.notMatch((await trusting.browser().get('/naps')).setCookies[0], /Secure/)
  const always = await serve(t, counter, { cookie: { secure: true, sameSite: 'none', name: '__Host-id' } })
  t.match((await always.browser().get('/naps')).setCookies[0], /^__Host-id=.*; Secure; SameSite=None/)
})

t.test('req.session can be ended by null, and not be replaced', async t => {
  let thrown: unknown
  const { browser, manager } = await serve(t, (req, res) => {
    if (req.url === '/in') req.session.naps = 1
    if (req.url === '/out') Object.assign(req, { session: null })
    if (req.url === '/replace') {
      try {
        t.throws(() => Object.assign(req, { sessionID: 'x' }), SessionAssignedError)
        Object.assign(req, { session: { naps: 2 } })
      } catch (error) {
        thrown = error
      }
    }
    res.end(String(req.session === undefined))
  })
  const user = browser()
  await user.get('/in')
  const { sid } = user
  await user.get('/replace')
  t.ok(thrown instanceof SessionAssignedError)
  const answer = await user.get('/out')
  t.equal(answer.body, 'true')
  t.match(answer.setCookies, [/^clowder\.sid=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=\/; HttpOnly/])
  t.equal(user.cookie, undefined)
  t.equal(manager.attributes(sid), undefined)
  t.strictSame((await user.get('/out')).setCookies, [], 'a client without a cookie has none to lose')
})

t.test('a session cookie is found among large ones of others', async t => {
  const { browser } = await serve(t, counter)
  const user = browser()
  user.cookies.set('noise', randomBytes(2000).toString('hex'))
  await user.get('/naps')
  t.equal((await user.get('/show')).body, '{"naps":1}')
})
