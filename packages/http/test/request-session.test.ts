import type { IncomingMessage } from 'node:http'
import { inspect } from 'node:util'
import t from 'tap'
import { ReservedAttributeError, type Session, SessionGoneError } from '../src/index.js'
import { Signal } from './support/signal.js'
import { type Handler, serve, type Teardown } from './support/test-server.js'

type Loose = Record<string, unknown>

/** The session without its types, for attributes of any name. */
function loose(req: IncomingMessage): Loose {
  return req.session as unknown as Loose
}

/** Serves `steps` by path; each path's function may answer with a value, which is sent as JSON. */
async function serveSteps(t: Teardown, steps: Record<string, (req: IncomingMessage) => unknown>, options = {}) {
  const handler: Handler = async (req, res) => {
    const value = await steps[String(req.url)]!(req)
    res.end(JSON.stringify(value ?? null))
  }
  const served = await serve(t, handler, options)
  const user = served.browser()
  const ask = async (path: string): Promise<unknown> => JSON.parse((await user.get(path)).body)
  return { ...served, user, ask }
}

t.test('attributes are assigned, deleted, spread and listed like those of any object', async t => {
  const { ask, manager, user } = await serveSteps(t, {
    '/in': req => void Object.assign(req.session, { a: 1, b: [1], 'odd name': new Map([[1, 2]]), c: undefined }),
    '/delete': req => {
      const session = loose(req)
      t.ok(delete session.a)
      t.notOk('a' in session)
      session.b = 'again'
      delete session.c
      session.c = 3
    },
    '/spread': req => ({ ...loose(req), keys: Object.keys(req.session) }),
  })
  await ask('/in')
  t.strictSame(manager.attributes(user.sid), { a: 1, b: [1], 'odd name': new Map([[1, 2]]), c: undefined })
  await ask('/delete')
  t.strictSame(manager.attributes(user.sid), { b: 'again', 'odd name': new Map([[1, 2]]), c: 3 })
  t.strictSame(await ask('/spread'), { b: 'again', c: 3, 'odd name': {}, keys: ['b', 'c', 'odd name'] })
})

t.test('a change deep inside an attribute is found', async t => {
  const { ask, manager, user } = await serveSteps(t, {
    '/in': req => void (req.session.cat = { name: 'ann' }),
    '/deep': req => void (req.session.cat!.roles = ['admin']),
  })
  await ask('/in')
  await ask('/deep')
  t.strictSame(manager.attributes(user.sid), { cat: { name: 'ann', roles: ['admin'] } })
})

t.test('attributes called like what every object inherits are attributes', async t => {
  const { ask, manager, user } = await serveSteps(t, {
    '/in': req => void Object.assign(req.session, { constructor: 1, toString: 2, hasOwnProperty: 3 }),
    '/out': req => ({ ...req.session }),
  })
  await ask('/in')
  t.strictSame(manager.attributes(user.sid), { constructor: 1, toString: 2, hasOwnProperty: 3 })
  t.strictSame(await ask('/out'), { constructor: 1, toString: 2, hasOwnProperty: 3 })
})

t.test('what belongs to the session itself cannot be assigned', async t => {
  const { ask } = await serveSteps(t, {
    '/': req => {
      const session = loose(req)
      for (const name of ['id', 'cookie', 'isNew', 'isStale', 'save', 'regenerate', 'touch', '__proto__']) {
        t.throws(() => Reflect.set(session, name, 'x'), ReservedAttributeError, name)
      }
      t.throws(() => Object.assign(session, { destroy: 1 }), { code: 'HTTP_RESERVED_ATTRIBUTE', attribute: 'destroy' })
      t.ok(new ReservedAttributeError('id') instanceof TypeError)
      t.strictSame(Object.keys(session), [])
      t.match(inspect(session), /RequestSession/)
    },
  })
  await ask('/')
  t.end()
})

t.test('JSON shows the attributes and not the cookie', async t => {
  const { ask } = await serveSteps(t, {
    '/': req => {
      req.session.naps = 1
      void req.session.cookie
      return req.session
    },
  })
  t.strictSame(await ask('/'), { naps: 1 })
})

t.test('a session tells its id, age and whether it is new', async t => {
  const facts = (req: IncomingMessage) => {
    const { id, isNew, isStale, createdAt, lastAccessedAt, maxInactiveInterval } = req.session
    req.session.naps = 1
    return { same: id === req.sessionID, isNew, isStale, createdAt, lastAccessedAt, maxInactiveInterval }
  }
  const { ask } = await serveSteps(t, { '/': facts })
  const at = '2023-11-14T22:13:20.000Z'
  const all = { same: true, isNew: true, isStale: false, createdAt: at, lastAccessedAt: at, maxInactiveInterval: 1800 }
  t.strictSame(await ask('/'), all)
  t.strictSame(await ask('/'), { ...all, isNew: false })
})

t.test('destroy ends the session at once, for this request too', async t => {
  const { ask, user, manager } = await serveSteps(t, {
    '/in': req => void (req.session.naps = 1),
    '/out': async req => {
      const { session } = req
      const ended = session.destroy()
      t.equal(req.session, undefined)
      t.equal(req.sessionID, undefined)
      await ended
      await session.destroy()
      await t.rejects(session.save(), SessionGoneError)
      await t.rejects(session.reload(), SessionGoneError)
    },
  })
  await ask('/in')
  const { sid, cookie } = user
  await ask('/out')
  t.equal(user.cookie, undefined)
  t.equal(manager.attributes(sid), undefined)
  user.cookie = cookie
  await ask('/in')
  t.not(user.sid, sid)
})

t.test('destroying a session that nobody has seen leaves no trace', async t => {
  const { user, manager } = await serveSteps(t, {
    '/': async req => {
      req.session.naps = 1
      await req.session.destroy()
    },
  })
  t.strictSame((await user.get('/')).setCookies, [])
  t.strictSame(manager.real.sessionIds(), [])
})

t.test("destroy's callback waits until others hold the death, and so does the answer", async t => {
  const order: string[] = []
  const destroyed = new Signal()
  const { browser, manager } = await serve(t, (req, res) => {
    if (req.url === '/in') {
      req.session.naps = 1
      return void res.end()
    }
    req.session.destroy(error => {
      order.push(`callback ${error}`)
      res.end()
    })
    order.push('returned')
    destroyed.resolve()
  })
  const user = browser()
  await user.get('/in')
  const held = manager.holdNextCommit()
  const answer = user.get('/out')
  await destroyed.promise
  t.strictSame(order, ['returned'])
  held.settle()
  await answer
  t.strictSame(order, ['returned', 'callback undefined'])
})

t.test(
  'regenerate gives a new id and an empty session; the old one can still be read, and dies with the commit',
  async t => {
    const { ask, user, manager } = await serveSteps(t, {
      '/in': req => void (req.session.naps = 1),
      '/login': async req => {
        const before = req.session
        const { id } = before
        const done = before.regenerate()
        t.not(req.session, before, 'at once')
        t.not(req.session.id, id)
        t.equal(req.session.naps, undefined)
        t.equal(before.naps, 1)
        await done
        req.session.cat = { name: 'ann' }
      },
    })
    await ask('/in')
    const { sid } = user
    await ask('/login')
    t.not(user.sid, sid)
    t.equal(manager.attributes(sid), undefined)
    t.strictSame(manager.attributes(user.sid), { cat: { name: 'ann' } })
  },
)

t.test('regenerate with a callback, as passport does it at login', async t => {
  const { browser, manager } = await serve(t, (req, res) => {
    if (req.url === '/in') {
      req.session.naps = 1
      return void res.end()
    }
    const previous = req.session
    previous.regenerate(error => {
      t.notOk(error)
      Object.assign(req.session, previous, { cat: { name: 'ann' } })
      req.session.save(saveError => res.end(String(saveError)))
    })
  })
  const user = browser()
  await user.get('/in')
  t.equal((await user.get('/login')).body, 'undefined')
  t.strictSame(manager.attributes(user.sid), { naps: 1, cat: { name: 'ann' } })
})

t.test('a regenerated session is saved even when empty, for the old one must die', async t => {
  const { ask, user, manager } = await serveSteps(t, {
    '/in': req => void (req.session.naps = 1),
    '/twice': async req => {
      await req.session.regenerate()
      await req.session.regenerate()
    },
    '/and-out': async req => {
      await req.session.regenerate()
      await req.session.destroy()
    },
  })
  await ask('/in')
  const first = user.sid
  await ask('/twice')
  t.strictSame(manager.real.sessionIds(), [user.sid])
  t.not(user.sid, first)
  await ask('/and-out')
  t.strictSame(manager.real.sessionIds(), [])
  t.equal(user.cookie, undefined)
})

t.test('after destroy, regenerate begins anew', async t => {
  const { ask, user, manager } = await serveSteps(t, {
    '/in': req => void (req.session.naps = 1),
    '/': async req => {
      const { session } = req
      await session.destroy()
      await session.regenerate()
      req.session.purrs = 2
    },
  })
  await ask('/in')
  await ask('/')
  t.strictSame(manager.real.sessionIds(), [user.sid])
  t.strictSame(manager.attributes(user.sid), { purrs: 2 })
})

t.test('save commits in its turn, resolves when held, and keeps even an empty session', async t => {
  const { ask, user, manager } = await serveSteps(t, {
    '/empty': req => req.session.save(),
    '/': async req => {
      req.session.naps = 1
      const saved = req.session.save()
      t.strictSame(manager.attributes(req.session.id), { naps: 1 })
      await saved
      req.session.naps++
    },
  })
  await ask('/empty')
  t.strictSame(manager.attributes(user.sid), {})
  await ask('/')
  t.strictSame(manager.attributes(user.sid), { naps: 2 })
})

t.test('save tells what could not be kept; unawaited it ends no process', async t => {
  const { ask, manager, valve } = await serveSteps(t, {
    '/await': async req => {
      req.session.yarn = () => 1
      await t.rejects(req.session.save(), { code: 'HA_UNSERIALIZABLE_VALUE', path: 'yarn' })
    },
    '/callback': req => {
      req.session.yarn = () => 1
      return new Promise(resolve => req.session.save(error => resolve(String(error))))
    },
    '/ignore': req => {
      req.session.yarn = () => 1
      void req.session.save()
    },
    '/stopped': async req => {
      manager.failure = new Error('stopped')
      req.session.naps = 1
      await t.rejects(req.session.save(), { message: 'stopped' })
    },
  })
  await ask('/await')
  t.match(await ask('/callback'), /session attribute yarn is a function/)
  await ask('/ignore')
  t.equal(valve.statistics.nrOfRefusedAttributes, 3)
  await ask('/stopped')
})

t.test('what a parallel request stored is seen after save, and not removed', async t => {
  const inside = new Signal()
  const goOn = new Signal()
  const { browser, manager } = await serve(t, async (req, res) => {
    const session = req.session as Session & Loose
    if (req.url === '/slow') {
      void session.naps
      inside.resolve()
      await goOn.promise
      session.slow = 1
      await session.save()
      res.end(JSON.stringify(session))
    } else {
      session.fast = 1
      res.end()
    }
  })
  const user = browser()
  await user.get('/fast')
  const slow = user.get('/slow')
  await inside.promise
  await user.get('/fast')
  goOn.resolve()
  t.strictSame(JSON.parse((await slow).body), { fast: 1, slow: 1 })
  t.strictSame(manager.attributes(user.sid), { fast: 1, slow: 1 })
})

t.test('an attribute deleted once is not deleted again when another request has brought it back', async t => {
  const deleted = new Signal()
  const goOn = new Signal()
  const { browser, manager } = await serve(t, async (req, res) => {
    const session = req.session as Session & Loose
    if (req.url === '/slow') {
      delete session.fast
      await session.save()
      deleted.resolve()
      await goOn.promise
    } else session.fast = 2
    res.end()
  })
  const user = browser()
  await user.get('/fast')
  const slow = user.get('/slow')
  await deleted.promise
  await user.get('/fast')
  goOn.resolve()
  await slow
  t.strictSame(manager.attributes(user.sid), { fast: 2 })
})

t.test('reload throws away what was not saved', async t => {
  const { ask, user, manager } = await serveSteps(t, {
    '/in': req => void Object.assign(req.session, { naps: 1, purrs: 2 }),
    '/reload': async req => {
      const { session } = req
      session.naps = 5
      delete session.purrs
      session.cat = { name: 'ann' }
      await session.reload()
      return { ...session }
    },
  })
  await ask('/in')
  t.strictSame(await ask('/reload'), { naps: 1, purrs: 2 })
  t.strictSame(manager.attributes(user.sid), { naps: 1, purrs: 2 })
})

t.test(
  'a session ended elsewhere meanwhile: nothing is revived, no cookie touched, and the answer flagged',
  async t => {
    const { ask, user, manager } = await serveSteps(t, {
      '/in': req => void (req.session.naps = 1),
      '/slow': async req => {
        const { session } = req
        session.naps = 2
        manager.real.expireSession(session.id)
        session.naps = 3
        session.purrs = 4
        await t.rejects(session.reload(), { code: 'HTTP_SESSION_GONE' })
        await t.rejects(session.save(), { code: 'HTTP_SESSION_GONE' })
      },
    })
    await ask('/in')
    const { cookie } = user
    const answer = await user.get('/slow')
    t.strictSame(answer.setCookies, [], 'it may have another by now')
    t.equal(
      answer.headers.get('clowder-stale'),
      '1',
      'what it shows is over, and no cookie says how far it has been read',
    )
    t.equal(user.cookie, cookie)
    t.strictSame(manager.real.sessionIds(), [])
  },
)

t.test('changeId keeps the data under a new id', async t => {
  const { ask, user, manager } = await serveSteps(t, {
    '/in': req => void (req.session.naps = 1),
    '/change': req => req.session.changeId(),
  })
  await ask('/in')
  const { sid } = user
  t.equal(await ask('/change'), user.sid)
  t.not(user.sid, sid)
  t.strictSame(manager.attributes(user.sid), { naps: 1 })
  t.equal(manager.attributes(sid), undefined)
})

t.test('a cookie of its own travels with the session', async t => {
  const { ask, user, manager } = await serveSteps(t, {
    '/in': req => {
      const { cookie } = req.session
      t.strictSame({ ...cookie }, cookieDefaults)
      t.equal(cookie.expires, null)
      req.session.naps = 1
      cookie.maxAge = 7_000
      cookie.sameSite = 'strict'
      t.equal(req.session.cookie, cookie)
    },
    '/next': req => {
      req.session.naps = 2
      const { cookie, maxInactiveInterval } = req.session
      t.ok(cookie.expires!.getTime() > Date.now())
      return { maxAge: cookie.maxAge, original: cookie.originalMaxAge, maxInactiveInterval }
    },
    '/browser': req => {
      req.session.cookie.expires = false
      req.session.cookie.path = '/app'
    },
  })
  t.match((await user.get('/in')).setCookies, [/; Max-Age=7; Expires=[^;]+; Path=\/; HttpOnly; SameSite=Strict$/])
  t.strictSame(await ask('/next'), { maxAge: 7000, original: 7000, maxInactiveInterval: 7 })
  t.match((await user.get('/browser')).setCookies, [/\.[\w-]{43}; Path=\/app; HttpOnly; SameSite=Strict$/])
  t.strictSame(manager.attributes(user.sid), { naps: 2 })
})

const cookieDefaults = {
  partitioned: false,
  priority: undefined,
  path: '/',
  domain: undefined,
  httpOnly: true,
  sameSite: 'lax',
  secure: 'auto',
  maxAge: null,
}

t.test('an expiry in the past takes the cookie away and does not make the session immortal', async t => {
  const { user, manager } = await serveSteps(t, {
    '/': req => {
      req.session.naps = 1
      req.session.cookie.expires = '2001-01-01T00:00:00Z'
      t.equal(req.session.cookie.maxAge! < 0, true)
    },
  })
  t.match((await user.get('/')).setCookies, [/; Max-Age=0; /])
  const found = manager.real.findSession(manager.real.sessionIds()[0]!)
  t.equal(found.kind === 'here' && found.session.maxInactiveInterval, 0.001)
})

t.test("the valve's maxAge is also how long a new session may be idle", async t => {
  const { ask, user } = await serveSteps(
    t,
    {
      '/in': req => void (req.session.naps = 1),
      '/idle': req => req.session.maxInactiveInterval,
      '/own': req => req.session.setMaxInactiveInterval(5),
    },
    { cookie: { maxAge: 90_000, domain: 'example.org' } },
  )
  t.match((await user.get('/in')).setCookies, [
    /; Max-Age=90; Expires=[^;]+; Path=\/; Domain=example\.org; HttpOnly; SameSite=Lax$/,
  ])
  t.equal(await ask('/idle'), 90)
  await ask('/own')
  t.equal(await ask('/idle'), 5)
})

t.test('touch counts as a use and renews the cookie', async t => {
  const { ask, user, manager } = await serveSteps(t, {
    '/in': req => void req.session.touch().save(),
    '/touch': req => void req.session.touch(),
  })
  await ask('/in')
  manager.calls.length = 0
  const { cookie } = user
  t.equal((await user.get('/touch')).setCookies.length, 1)
  t.equal(user.cookie, cookie)
  t.equal(manager.countOf('find'), 1)
  t.equal(manager.countOf('touch'), 1)
})

t.test('a session object that has been replaced does nothing any more', async t => {
  const { ask, user, manager } = await serveSteps(t, {
    '/': async req => {
      const old = req.session
      await old.regenerate()
      req.session.naps = 1
      await t.rejects(old.regenerate(), SessionGoneError)
      await t.rejects(old.save(), SessionGoneError)
      await old.destroy()
      old.touch()
    },
  })
  await ask('/')
  t.strictSame(manager.attributes(user.sid), { naps: 1 })
})
