import { createHmac } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import t from 'tap'
import { BadAcknowledgeError, BadCookieOptionError, BadGenidError, type ReplicationValveOptions } from '../src/index.js'
import { TestManager } from './support/test-manager.js'
import { serve, type Teardown } from './support/test-server.js'

type Step = (req: IncomingMessage, res: ServerResponse) => unknown

/** Each path runs its step; what it gives or throws is the answer. */
function serveSteps(
  t: Teardown,
  steps: Record<string, Step>,
  options: Partial<ReplicationValveOptions> = {},
  manager = new TestManager(),
) {
  return serve(
    t,
    async (req, res) => {
      try {
        const value = await steps[String(req.url)]?.(req, res)
        res.end(JSON.stringify(value ?? null))
      } catch (error) {
        res.statusCode = 500
        res.end((error as { code?: string }).code ?? String(error))
      }
    },
    options,
    manager,
  )
}

const naps: Step = req => {
  req.session.naps = (req.session.naps ?? 0) + 1
  return req.session.naps
}

t.test('unset: keep lets go of the session and of what this request changed', async t => {
  const { browser, manager } = await serveSteps(
    t,
    {
      '/in': naps,
      '/out': req => {
        req.session.naps = 7
        Object.assign(req, { session: null })
        return req.session === undefined
      },
    },
    { unset: 'keep' },
  )
  const user = browser()
  await user.get('/in')
  const { sid } = user
  const answer = await user.get('/out')
  t.equal(answer.body, 'true')
  t.strictSame(answer.setCookies, [])
  t.strictSame(manager.attributes(sid), { naps: 1 })
  t.equal((await user.get('/in')).body, '2')
})

t.test('delete req.session is noticed once the session was looked at', async t => {
  const out: Step = req => {
    void req.session.naps
    Reflect.deleteProperty(req, 'session')
  }
  for (const unset of ['destroy', 'keep'] as const) {
    const { browser, manager } = await serveSteps(t, { '/in': naps, '/out': out }, { unset })
    const user = browser()
    await user.get('/in')
    const { sid } = user
    await user.get('/out')
    t.strictSame(manager.attributes(sid), unset === 'keep' ? { naps: 1 } : undefined, unset)
  }
})

t.test('genid makes the ids of new, regenerated and renamed sessions', async t => {
  let made = 0
  const { browser } = await serveSteps(
    t,
    {
      '/in': naps,
      '/regenerate': async req => {
        await req.session.regenerate()
        return req.sessionID
      },
      '/change': req => req.session.changeId(),
    },
    { genid: req => `${req.url!.slice(1)}_${++made}` },
  )
  const user = browser()
  await user.get('/in')
  t.equal(user.sid, 'in_1')
  await user.get('/in')
  t.equal(made, 1)
  t.equal((await user.get('/regenerate')).body, '"regenerate_2"')
  t.equal(user.sid, 'regenerate_2')
  t.equal((await user.get('/change')).body, '"change_3"')
  t.equal(user.sid, 'change_3')
})

t.test(
  "an id of genid that cannot be one, or that is somebody's, is refused where the session is looked at",
  async t => {
    const ids: unknown[] = ['taken', 'taken', '', 'é'.repeat(22), 'x'.repeat(129), 7, Promise.resolve('late')]
    const { browser, manager } = await serveSteps(t, { '/in': naps }, { genid: () => ids.shift() as string })
    const owner = browser()
    await owner.get('/in')
    for (let i = 0; i < 6; i++) {
      const answer = await browser().get('/in')
      t.equal(answer.status, 500)
      t.equal(answer.body, 'HTTP_BAD_GENID')
      t.strictSame(answer.setCookies, [])
    }
    t.strictSame(manager.attributes('taken'), { naps: 1 })
    t.match(new BadGenidError('is taken'), { message: 'genid made a session id that is taken' })
  },
)

t.test('cookieFor is asked once, when a session is made, and its settings travel with the session', async t => {
  const asked: string[] = []
  const { browser } = await serveSteps(
    t,
    { '/in': naps, '/look': req => req.session.naps, '/cookie': req => req.session.cookie },
    {
      cookie: { sameSite: 'strict' },
      cookieFor: req => {
        asked.push(req.url!)
        return { maxAge: 60_000, path: '/', priority: 'high' }
      },
    },
  )
  const user = browser()
  t.match((await user.get('/in')).setCookies, [
    /; Max-Age=60; Expires=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Priority=High$/,
  ])
  t.match((await user.get('/in')).setCookies, [
    /; Max-Age=60; Expires=[^;]+; Path=\/; HttpOnly; SameSite=Strict; Priority=High$/,
  ])
  t.match(JSON.parse((await user.get('/cookie')).body), { maxAge: 60_000, sameSite: 'strict', priority: 'high' })
  t.strictSame(asked, ['/in'])
  const stranger = await browser().get('/look')
  t.strictSame(stranger.setCookies, [], 'what it says is no reason to keep an empty session')
})

t.test('what cookieFor must not say is refused where the session is looked at', async t => {
  const said: unknown[] = [{ path: 'app' }, { sameSite: 'none', secure: false }, { name: 'a' }, { expires: 1 }, null]
  const { browser } = await serveSteps(t, { '/in': naps }, { cookieFor: () => said.shift() as object })
  for (let i = 0; i < 5; i++) t.equal((await browser().get('/in')).body, 'HTTP_BAD_COOKIE_OPTION')
  t.equal((await browser().get('/in')).body, 'HTTP_BAD_COOKIE_OPTION', 'undefined is no object either')
})

t.test('a cookie setting that no browser would take is refused where it is assigned', async t => {
  const bad: [string, unknown][] = [
    ['path', '/a; Domain=evil'],
    ['domain', 'a b'],
    ['maxAge', 'soon'],
    ['maxAge', Number.NaN],
    ['expires', 'never'],
    ['sameSite', 'Lax'],
    ['secure', 'yes'],
    ['priority', 'first'],
    ['partitioned', 1],
  ]
  const { browser } = await serveSteps(t, {
    '/in': req => {
      req.session.naps = 1
      for (const [name, value] of bad)
        t.throws(() => Object.assign(req.session.cookie, { [name]: value }), BadCookieOptionError, `${name} ${value}`)
      Object.assign(req.session.cookie, { maxAge: undefined })
      return req.session.cookie.maxAge
    },
  })
  const answer = await browser().get('/in')
  t.equal(answer.body, 'null')
  t.match(answer.setCookies, [/; Path=\/; HttpOnly; SameSite=Lax$/])
})

t.test('a cookie setting of a new session is no reason to keep it', async t => {
  const { browser } = await serveSteps(t, {
    '/look': req => {
      req.session.cookie.maxAge = 5_000
    },
    '/in': req => {
      req.session.cookie.maxAge = 5_000
      req.session.naps = 1
    },
  })
  t.strictSame((await browser().get('/look')).setCookies, [])
  t.match((await browser().get('/in')).setCookies, [/; Max-Age=5;/])
})

t.test('partitioned and sameSite: auto follow whether the cookie is secure', async t => {
  const { browser } = await serveSteps(
    t,
    { '/in': naps },
    { trustProxy: true, cookie: { partitioned: true, sameSite: 'auto', priority: 'low' } },
  )
  t.match((await browser().get('/in')).setCookies, [/; HttpOnly; SameSite=Lax; Priority=Low$/])
  const https = await browser().get('/in', { headers: { 'x-forwarded-proto': 'https' } })
  t.match(https.setCookies, [/; HttpOnly; Secure; SameSite=None; Partitioned; Priority=Low$/])
})

t.test('a cookie with a prefix is secure whatever the connection looks like', async t => {
  const { browser } = await serveSteps(t, { '/in': naps }, { cookie: { name: '__Host-sid' } })
  t.match((await browser().get('/in')).setCookies, [/^__Host-sid=.*; Path=\/; HttpOnly; Secure;/])
})

t.test('a handler chooses how much must hold what it saves or ends', async t => {
  const { browser, manager } = await serveSteps(t, {
    '/save': async req => {
      req.session.naps = 1
      await req.session.save({ acknowledge: 'all' })
      req.session.naps = 2
    },
    '/callback': req => {
      req.session.naps = 3
      return new Promise(resolve => void req.session.save({ acknowledge: 'async' }, resolve))
    },
    '/bad': req => req.session.save({ acknowledge: 'most' as never }),
    '/out': req => req.session.destroy({ acknowledge: 'all' }),
  })
  const user = browser()
  await user.get('/save')
  t.strictSame(manager.levels, ['all', undefined])
  await user.get('/callback')
  t.equal(manager.levels[2], 'async')
  t.equal((await user.get('/bad')).body, new BadAcknowledgeError('most').code)
  manager.levels.length = 0
  await user.get('/out')
  t.strictSame(manager.levels, ['all'])
  t.equal(user.cookie, undefined)
})

const THEIRS = 'keyboard cat'

/** As express-session writes it. */
function connectSid(id: string, secret = THEIRS): string {
  const signature = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '')
  return encodeURIComponent(`s:${id}.${signature}`)
}

/** A manager that has a session which express-session knows as `id`. */
function managerWith(id: string): TestManager {
  const manager = new TestManager()
  const session = manager.real.createSession(id)
  session.setAttribute('naps', 41)
  manager.real.requestCompleted(session)
  return manager
}

t.test('who comes with a cookie of express-session keeps the session, and is given our cookie', async t => {
  const manager = managerWith('abc')
  const secret = ['new cat', Buffer.from(THEIRS)]
  const { browser } = await serveSteps(t, { '/in': naps }, { connectSid: { secret } }, manager)
  const user = browser()
  user.cookies.set('connect.sid', connectSid('abc'))
  t.match((await user.get('/')).setCookies, [/^clowder\.sid=abc\./], 'even where the session is not used')
  t.equal((await user.get('/in')).body, '42')
  t.equal(user.sid, 'abc')
  user.cookies.set('connect.sid', connectSid('other'))
  t.equal((await user.get('/in')).body, '43', 'from then on ours counts')
})

t.test('an id of express-session may have any characters', async t => {
  for (const id of ['prod:7.x', 'a b', '%']) {
    const { browser } = await serveSteps(t, { '/in': naps }, { connectSid: { secret: THEIRS } }, managerWith(id))
    const user = browser()
    user.cookies.set('connect.sid', connectSid(id))
    t.equal((await user.get('/in')).body, '42')
    user.cookies.delete('connect.sid')
    t.equal((await user.get('/in')).body, '43', 'and ours carries it')
  }
})

t.test('a cookie of express-session that is forged, unsigned or garbage is no session', async t => {
  const manager = managerWith('abc')
  const bad = [
    'abc',
    connectSid('abc', 'guess'),
    's%3Aabc.',
    's%3A.x',
    '%',
    's%3A',
    'x'.repeat(600),
    connectSid('a b', 'guess'),
  ]
  const connect = { secret: THEIRS, name: 'sid' }
  const { browser, valve } = await serveSteps(t, { '/in': naps }, { connectSid: connect }, manager)
  for (const value of bad) {
    const user = browser()
    user.cookies.set('sid', value)
    t.equal((await user.get('/in')).body, '1', value)
    t.not(user.sid, 'abc')
  }
  t.equal(valve.statistics.nrOfForgedCookies, 0, 'they say nothing of our secret')
  const long = '/'.repeat(43)
  const other = (await serveSteps(t, { '/in': naps }, { connectSid: connect }, managerWith(long))).browser()
  other.cookies.set('sid', connectSid(long))
  t.equal((await other.get('/in')).body, '1', 'an id that our own cookie could not carry')
  const off = await serveSteps(t, { '/in': naps }, {}, manager)
  const user = off.browser()
  user.cookies.set('connect.sid', connectSid('abc'))
  t.equal((await user.get('/in')).body, '1', 'without the option none is looked at')
})

t.test('a secret of express-session that is none is refused at the start', async t => {
  for (const secret of ['', [], [''], new Uint8Array(0), 7]) {
    await t.rejects(serveSteps(t, {}, { connectSid: { secret: secret as string } }), { code: 'HTTP_BAD_SECRETS' })
  }
})

t.test('with write the cookie of express-session is kept in step, and the later of two that differ counts', async t => {
  const manager = managerWith('abc')
  const steps: Record<string, Step> = {
    '/in': naps,
    '/regenerate': req => req.session.regenerate(),
    '/out': req => req.session.destroy(),
  }
  const { browser } = await serveSteps(t, steps, { connectSid: { secret: THEIRS, write: true } }, manager)
  const user = browser()
  await user.get('/in')
  t.equal(user.cookies.get('connect.sid'), connectSid(user.sid))
  t.strictSame((await user.get('/')).setCookies, [], 'nothing to tell')
  await user.get('/regenerate')
  t.equal(user.cookies.get('connect.sid'), connectSid(user.sid))
  user.cookies.set('connect.sid', connectSid('abc'))
  t.equal((await user.get('/in')).body, '42', 'express-session has set its own since')
  t.equal(user.sid, 'abc')
  user.cookies.delete('connect.sid')
  t.equal((await user.get('/')).setCookies.length, 2)
  await user.get('/out')
  t.strictSame([...user.cookies], [])
})

t.test('cookie settings that came with a session and that no browser would take are left out', async t => {
  const manager = managerWith('abc')
  const found = manager.real.findSession('abc')
  if (found.kind !== 'here') throw new Error('it was just made')
  const kept = { maxAge: 9_000, path: '/; Domain=evil', sameSite: 'Lax', originalMaxAge: 1, priority: 'low' }
  found.session.setProperty('cookie', kept)
  manager.real.requestCompleted(found.session)
  const { browser } = await serveSteps(t, { '/in': naps }, { connectSid: { secret: THEIRS } }, manager)
  const user = browser()
  user.cookies.set('connect.sid', connectSid('abc'))
  t.match((await user.get('/in')).setCookies, [
    /; Max-Age=9; Expires=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Priority=Low$/,
  ])
})

t.test('both cookies join those that the application gives to writeHead', async t => {
  const heads: object[] = [{ 'set-cookie': 'a=1' }, ['Set-Cookie', 'a=1'], [['Set-Cookie', 'a=1']]]
  const { browser } = await serveSteps(
    t,
    {
      '/in': (req, res) => {
        req.session.naps = 1
        res.writeHead(200, heads.shift() as never)
      },
    },
    { connectSid: { secret: THEIRS, write: true } },
  )
  for (let i = 0; i < 3; i++) {
    const { setCookies } = await browser().get('/in')
    t.strictSame(
      setCookies.map(cookie => cookie.split('=')[0]),
      ['a', 'clowder.sid', 'connect.sid'],
    )
  }
})
