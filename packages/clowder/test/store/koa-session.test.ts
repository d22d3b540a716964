import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import Koa, { type Context } from 'koa'
import session from 'koa-session'
import t, { type Test } from 'tap'
import { koaStore } from '../../src/faces/koa/index.js'
import { createCluster } from '../../src/index.js'
import { type StoreSite, storeSites } from './support/store-site.js'

/*
 * What the suite of koa-session looks at, as far as it concerns sessions and their store, on a Map as its own suite has it and on Clowder's store.
 */

type Data = Record<string, unknown>

interface Store {
  get(id: string, maxAge: unknown, options: never): unknown
  set(id: string, data: never, maxAge: unknown, options: never): unknown
  destroy(id: string): unknown
}

/** What koa-session calls a store. */
class MapStore implements Store {
  readonly #sessions = new Map<string, string>()

  async get(id: string): Promise<object | undefined> {
    const data = this.#sessions.get(id)
    return data === undefined ? undefined : JSON.parse(data)
  }

  async set(id: string, data: object): Promise<void> {
    this.#sessions.set(id, JSON.stringify(data))
  }

  async destroy(id: string): Promise<void> {
    this.#sessions.delete(id)
  }
}

const sites = storeSites<Store>(
  () => new MapStore(),
  cluster => koaStore(cluster, { acknowledge: 'all' }) as Store,
)

/** Of koa-session: the type of Clowder's own face stands in its place in this package. */
interface OwnSession extends Data {
  maxAge: number | string
  readonly isNew: boolean
  readonly length: number
  readonly populated: boolean
  save(): Promise<void>
  regenerate(): Promise<void>
  manuallyCommit(): Promise<void>
}
type OwnContext = Omit<Context, 'session'> & { session: OwnSession | Data | string | null }
type Routes = Readonly<Record<string, (ctx: OwnContext, session: OwnSession) => unknown>>

const usual: Routes = {
  '/': () => 'greetings',
  '/look': (_, session) => Boolean(session),
  '/read': (_, session) => session,
  '/new': (_, session) => session.isNew,
  '/set': (_, session) => {
    session.foo = 'bar; and "more", =é'
  },
  '/count': (_, session) => {
    session.count = Number(session.count ?? 0) + 1
    return session.count
  },
  '/null': ctx => {
    ctx.session = null
  },
  '/object': ctx => {
    ctx.session = { message: 'hello' }
  },
  '/nothing': ctx => {
    ctx.session = {}
  },
  '/text': ctx => {
    ctx.session = 'text'
  },
  '/save': async (_, session) => session.save(),
  '/regenerate': async (_, session) => session.regenerate(),
  '/throw': (ctx, session) => {
    session.foo = 'before'
    ctx.throw(401)
  },
  '/age': (_, session) => session.maxAge,
  '/short': (_, session) => {
    session.maxAge = 100
  },
  '/born-short': ctx => {
    ctx.session = { maxAge: 100 }
  },
  '/commit': async (_, session) => {
    session.foo = 'committed'
    await session.manuallyCommit()
  },
}

/** One application on each node; each request goes to the next. */
async function open(t: Test, { stores }: StoreSite<Store>, options: object = {}) {
  const urls = await Promise.all(stores.map(store => serve(t, store, options)))
  let turn = 0
  const ask = async (path: string, cookie = '', headers: Record<string, string> = {}) => {
    const answer = await fetch(urls[turn++ % urls.length]! + path, { headers: { ...headers, cookie } })
    const set = answer.headers.getSetCookie()
    const text = await answer.text()
    const pairs = set.map(line => line.split(';')[0]!).join('; ')
    return { status: answer.status, text, set, cookie: pairs, header: (name: string) => answer.headers.get(name) }
  }
  return { ask }
}

async function serve(t: Test, store: Store, options: object): Promise<string> {
  const app = new Koa()
  app.silent = true
  app.keys = ['a', 'b']
  app.use(async (ctx, next) => {
    try {
      await next()
    } catch (error) {
      ctx.status = (error as { status?: number }).status ?? 500
      ctx.body = 'failed'
    }
  })
  app.use(session({ store, ...options } as never, app))
  app.use(async ctx => {
    const own = ctx as unknown as OwnContext
    // Only a route that has a second parameter looks at its session.
    const route = usual[ctx.path]!
    const result = route.length > 1 ? await route(own, own.session as OwnSession) : await route(own, undefined as never)
    ctx.body = JSON.stringify(result ?? null)
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const STORED = '{"foo":"bar; and \\"more\\", =é"}'
const SHORT_MS = 2_000

function suite(t: Test, site: StoreSite<Store>): void {
  t.test('what is stored is kept, whatever characters it has', async t => {
    const { ask } = await open(t, site)
    const { cookie, set } = await ask('/set')
    t.match(set, [/^koa\.sess=/, /^koa\.sess\.sig=/])
    for (let n = 0; n < 3; n++) t.equal((await ask('/read', cookie)).text, STORED)
  })

  t.test('a cookie comes when something was stored, and not otherwise', async t => {
    const { ask } = await open(t, site)
    for (const path of ['/', '/look', '/read', '/nothing']) t.strictSame((await ask(path)).set, [], path)
    for (const path of ['/set', '/object', '/save']) t.ok((await ask(path)).cookie, path)
    const { cookie } = await ask('/count')
    for (const path of ['/', '/look', '/read']) t.strictSame((await ask(path, cookie)).set, [], `${path} again`)
    t.ok((await ask('/count', cookie)).cookie, 'but when it changes')
  })

  t.test('null ends the session, an object replaces it, and text is refused', async t => {
    const { ask } = await open(t, site)
    const { cookie } = await ask('/set')
    await ask('/object', cookie)
    t.equal((await ask('/read', cookie)).text, '{"message":"hello"}')
    t.match((await ask('/null', cookie)).set, [/^koa\.sess=;.*1970/])
    for (let n = 0; n < 3; n++) t.equal((await ask('/read', cookie)).text, '{}')
    t.equal((await ask('/text')).status, 500)
  })

  t.test('what was stored before an error is kept', async t => {
    const { ask } = await open(t, site)
    const { cookie, status } = await ask('/throw')
    t.equal(status, 401)
    t.equal((await ask('/read', cookie)).text, '{"foo":"before"}')
  })

  t.test('with autoCommit false only what is committed by hand is kept', async t => {
    const { ask } = await open(t, site, { autoCommit: false })
    t.strictSame((await ask('/set')).set, [])
    const { cookie } = await ask('/commit')
    t.equal((await ask('/read', cookie)).text, '{"foo":"committed"}')
  })

  t.test("with maxAge 'session' it lives as long as the browser, however often it changes", async t => {
    const { ask } = await open(t, site, { maxAge: 'session' })
    let { cookie, set } = await ask('/count')
    for (let n = 2; n < 5; n++) {
      t.notMatch(set.join(), /expires=/)
      const answer = await ask('/count', cookie)
      t.equal(answer.text, String(n))
      ;({ cookie, set } = answer)
    }
  })

  t.test('a session that nobody changes expires after maxAge', async t => {
    const { ask } = await open(t, site, { maxAge: SHORT_MS })
    const { cookie } = await ask('/set')
    await site.advance(SHORT_MS / 2)
    t.equal((await ask('/read', cookie)).text, STORED)
    await site.advance(SHORT_MS)
    t.equal((await ask('/read', cookie)).text, '{}')
  })

  t.test('with renew the cookie comes anew in its second half, with rolling always', async t => {
    const { ask } = await open(t, site, { renew: true, maxAge: SHORT_MS })
    t.strictSame((await ask('/read')).set, [])
    const { cookie } = await ask('/set')
    await site.advance(0.2 * SHORT_MS)
    t.strictSame((await ask('/read', cookie)).set, [])
    await site.advance(0.5 * SHORT_MS)
    t.equal((await ask('/read', cookie)).set.length, 2)
    await site.advance(0.7 * SHORT_MS)
    t.equal((await ask('/read', cookie)).text, STORED, 'it was renewed in the store as well')
    const rolling = await open(t, site, { rolling: true })
    t.strictSame((await rolling.ask('/read')).set, [])
    const rolled = await rolling.ask('/set')
    t.equal((await rolling.ask('/read', rolled.cookie)).set.length, 2)
  })

  t.test('maxAge of one session is read, set, and reason enough to store it', async t => {
    const { ask } = await open(t, site, { maxAge: SHORT_MS })
    t.equal((await ask('/age')).text, String(SHORT_MS))
    const plain = await open(t, site)
    for (const path of ['/short', '/born-short']) t.match((await plain.ask(path)).set, [/expires=/, /expires=/], path)
  })

  t.test('regenerate changes the key and keeps what is in it', async t => {
    const { ask } = await open(t, site)
    const { cookie: old } = await ask('/set')
    const { cookie } = await ask('/regenerate', old)
    t.not(cookie, old)
    const renewed = cookie.replace(/^koa\.sess=; [^;]*; /, '')
    t.equal((await ask('/read', renewed)).text, STORED)
    t.equal((await ask('/read', old)).text, '{}')
  })

  t.test('a key that is in no store begins a new session', async t => {
    const { ask } = await open(t, site, { signed: false })
    t.equal((await ask('/new', 'koa.sess=invalid-key')).text, 'true')
    t.equal((await ask('/new', 'koa.sess=not%20even;')).text, 'true')
  })

  t.test('valid and beforeSave decide whose session it is', async t => {
    const { ask } = await open(t, site, {
      valid: (ctx: Context, { uid }: Data) => ctx.cookies.get('uid') === uid,
      beforeSave: (ctx: Context, data: Data) => {
        data.uid = ctx.cookies.get('uid')
      },
    })
    const { cookie } = await ask('/count', 'uid=123')
    t.equal((await ask('/count', `${cookie}; uid=123`)).text, '2')
    t.equal((await ask('/count', `${cookie}; uid=456`)).text, '1')
  })

  t.test('keys may have a prefix', async t => {
    const { ask } = await open(t, site, { prefix: 'sess:' })
    const { cookie } = await ask('/set')
    t.match(cookie, /^koa\.sess=sess:/)
    t.equal((await ask('/read', cookie)).text, STORED)
  })

  t.test('keys may travel otherwise than in a cookie', async t => {
    const externalKey = {
      get: (ctx: Context) => ctx.get('x-session'),
      set: (ctx: Context, key: string) => ctx.set('x-session', key),
    }
    const { ask } = await open(t, site, { externalKey })
    const answer = await ask('/set')
    t.strictSame(answer.set, [])
    t.equal((await ask('/read', '', { 'x-session': answer.header('x-session')! })).text, STORED)
  })
}

for (const [name, make] of Object.entries(sites)) t.test(name, async t => suite(t, await make(t)))

t.test('an attribute that the store has no place for is refused, and the others are kept', async t => {
  const cluster = await createCluster({ distributable: false, logger: false })
  t.teardown(() => cluster.stop())
  const store = koaStore(cluster)
  const data = { cookie: 'oatmeal', user: 'ada', _session: true } as const
  await t.rejects(store.set('sid', data, 'session', { ctx: {} }), { code: 'HTTP_RESERVED_ATTRIBUTE' })
  t.strictSame(await store.get('sid', 'session', { ctx: {} }), { user: 'ada', _session: true })
})
