import cookie from '@fastify/cookie'
import fastifySession, { type FastifySessionOptions } from '@fastify/session'
import Fastify, { type FastifyInstance } from 'fastify'
import t, { type Test } from 'tap'
import { type StoreSite, storeSites } from './support/store-site.js'

/*
 * What the suite of @fastify/session looks at, as far as it concerns sessions and their store, on its own store and on Clowder's.
 */

type Store = NonNullable<FastifySessionOptions['store']>
type Data = Record<string, unknown>

const SECRET = 'x'.repeat(32)
/** Longer than it takes to tell the others of a use. */
const SHORT_MS = 4_000

const sites = storeSites<Store>(
  () => new fastifySession.MemoryStore(new Map()),
  cluster => cluster.store({ acknowledge: 'all' }),
)

/** One application on each node. */
class Site {
  readonly #apps: readonly FastifyInstance[]
  #turn = 0

  constructor(apps: readonly FastifyInstance[]) {
    this.#apps = apps
  }

  /** Asks the next node. */
  async ask(url: string, cookie?: string) {
    const app = this.#apps[this.#turn++ % this.#apps.length]!
    const answer = await app.inject({ url, headers: cookie === undefined ? {} : { cookie } })
    const [set] = [answer.headers['set-cookie'] ?? []].flat()
    return { status: answer.statusCode, text: answer.body, set, cookie: set?.split(';')[0] }
  }

  get app(): FastifyInstance {
    return this.#apps[0]!
  }
}

async function open(
  t: Test,
  { stores }: StoreSite<Store>,
  routes: (app: FastifyInstance) => void,
  options: Partial<FastifySessionOptions> = {},
): Promise<Site> {
  const apps = stores.map(store => {
    const app = Fastify()
    t.teardown(() => app.close())
    app.register(cookie)
    app.register(fastifySession, { secret: SECRET, cookie: { secure: false }, ...options, store })
    app.register(async inner => routes(inner))
    return app
  })
  await Promise.all(apps.map(app => app.ready()))
  return new Site(apps)
}

/** Of @fastify/session: the type of Clowder's own face stands in its place in this package. */
interface OwnSession {
  readonly sessionId: string
  readonly cookie: { readonly originalMaxAge: number | null }
  set(name: string, value: unknown): void
  get(name: string): unknown
  options(cookie: object): void
  regenerate(keep?: readonly string[]): Promise<void>
  destroy(): Promise<void>
  reload(): Promise<void>
  save(): Promise<void>
}

type CallbackSession = Readonly<
  Record<'save' | 'reload' | 'regenerate' | 'destroy', (done: (error: unknown) => void) => void>
>

type Handler = (request: { session: OwnSession }) => unknown

function get(app: FastifyInstance, routes: Readonly<Record<string, Handler>>): void {
  for (const [path, handler] of Object.entries(routes))
    app.get(path, async request => handler(request as unknown as { session: OwnSession }))
}

/** `/` says who it is, `/read` what is in the session, `/set` stores, and so on. */
function usual(app: FastifyInstance): void {
  get(app, {
    '/': ({ session }) => session.sessionId,
    '/read': ({ session }) => attributesOf(session),
    '/set': ({ session }) => {
      session.set('foo', 'bar')
      return session.get('foo')
    },
    '/regenerate': async request => {
      await request.session.regenerate()
      return request.session.sessionId
    },
    '/keep': async request => {
      await request.session.regenerate(['foo'])
      return request.session.sessionId
    },
    '/destroy': async request => {
      await request.session.destroy()
      return { session: request.session }
    },
    '/reload': async request => {
      Object.assign(request.session, { lost: true })
      await request.session.reload()
      return attributesOf(request.session)
    },
    '/save': async request => {
      Object.assign(request.session, { kept: true })
      await request.session.save()
      await request.session.reload()
      return attributesOf(request.session)
    },
    '/day': ({ session }) => {
      session.options({ maxAge: 86_400_000 })
      Object.assign(session, { foo: 'long' })
      return {}
    },
    '/age': ({ session }) => String(session.cookie.originalMaxAge),
  })
}

function attributesOf(session: object): Data {
  const { cookie: _, ...attributes } = session as Data
  return attributes
}

function suite(t: Test, site: () => StoreSite<Store>): void {
  t.test('what is stored is kept through the requests that follow', async t => {
    const { ask } = bound(await open(t, site(), usual))
    const { cookie, text } = await ask('/set')
    t.equal(text, 'bar')
    for (let n = 0; n < 3; n++) t.equal((await ask('/read', cookie)).text, '{"foo":"bar"}')
  })

  t.test('everybody gets a session, unless saveUninitialized is false', async t => {
    const eager = bound(await open(t, site(), usual))
    const first = await eager.ask('/')
    t.equal((await eager.ask('/', first.cookie)).text, first.text)
    const lazy = bound(await open(t, site(), usual, { saveUninitialized: false }))
    t.equal((await lazy.ask('/')).set, undefined)
    t.ok((await lazy.ask('/set')).set)
  })

  t.test('a session that did not change carries no cookie without rolling', async t => {
    const { ask } = bound(await open(t, site(), usual, { rolling: false, saveUninitialized: false }))
    const { cookie } = await ask('/set')
    t.equal((await ask('/read', cookie)).set, undefined)
    t.equal((await ask('/set', cookie)).set, undefined, 'nor one that was set to what it was')
  })

  t.test('a cookie without a session is replaced, or taken away', async t => {
    const eager = bound(await open(t, site(), usual))
    const unknown = `sessionId=${cookie.sign('a'.repeat(32), SECRET)}`
    const made = await eager.ask('/set', unknown)
    t.equal(made.status, 200)
    t.notMatch(made.cookie, /=a{32}/)
    const lazy = bound(await open(t, site(), usual, { saveUninitialized: false }))
    t.match((await lazy.ask('/read', unknown)).set, /^sessionId=; .*1970/)
    t.equal((await lazy.ask('/read', 'other=cookie')).set, undefined)
  })

  t.test('a cookie that nobody has signed is worth nothing', async t => {
    const { ask } = bound(await open(t, site(), usual))
    const { cookie, text } = await ask('/')
    const [id] = cookie!.split('=')[1]!.split('.')
    for (const forged of [`sessionId=${id}`, `sessionId=${id}.badsignature`, `${cookie}x`])
      t.not((await ask('/', forged)).text, text, forged)
  })

  t.test('regenerate gives another id, and keeps what it is told to keep', async t => {
    const { ask } = bound(await open(t, site(), usual))
    const { cookie: old } = await ask('/set')
    const { cookie, text } = await ask('/regenerate', old)
    t.not(cookie, old)
    t.equal((await ask('/', cookie)).text, text)
    t.equal((await ask('/read', cookie)).text, '{}')
    const { cookie: again } = await ask('/set')
    const { cookie: kept } = await ask('/keep', again)
    t.not(kept, again)
    t.equal((await ask('/read', kept)).text, '{"foo":"bar"}')
    t.equal((await ask('/read', again)).text, '{}')
  })

  t.test('destroy ends it', async t => {
    const { ask } = bound(await open(t, site(), usual))
    const { cookie } = await ask('/set')
    t.equal((await ask('/destroy', cookie)).text, '{"session":null}')
    for (let n = 0; n < 3; n++) t.equal((await ask('/read', cookie)).text, '{}')
  })

  t.test('reload gives up what was not saved, and save keeps it', async t => {
    const { ask } = bound(await open(t, site(), usual))
    const { cookie } = await ask('/set')
    t.equal((await ask('/reload', cookie)).text, '{"foo":"bar"}')
    t.equal((await ask('/save', cookie)).text, '{"foo":"bar","kept":true}')
    t.equal((await ask('/read', cookie)).text, '{"foo":"bar","kept":true}')
  })

  t.test('callbacks do as promises do', async t => {
    const { ask } = bound(
      await open(t, site(), app => {
        app.get('/', (request, reply) => {
          Object.assign(request.session, { foo: 1 })
          const session = () => request.session as never as CallbackSession
          session().save(failed => {
            session().reload(lost => {
              session().regenerate(refused => {
                session().destroy(stuck => void reply.send([failed, lost, refused, stuck].map(Boolean)))
              })
            })
          })
        })
      }),
    )
    t.equal((await ask('/')).text, '[false,false,false,false]')
  })

  t.test('what is stored are the attributes and the cookie', async t => {
    const { stores } = site()
    const { ask } = bound(await open(t, { ...site(), stores: [stores[0]!] }, usual))
    const { cookie } = await ask('/set')
    const id = decodeURIComponent(cookie!.split('=')[1]!).split('.')[0]!
    const stored = await new Promise<object>((resolve, reject) =>
      stores.at(-1)!.get(id, (error, session) => (error ? reject(error) : resolve(session as object))),
    )
    t.strictSame(Object.keys(stored).sort(), ['cookie', 'foo'])
  })

  t.test('a session that nobody asks for expires, and the next one has another id', async t => {
    const { advance } = site()
    const { ask } = bound(await open(t, site(), usual, { cookie: { secure: false, maxAge: SHORT_MS } }))
    const { cookie } = await ask('/set')
    t.equal((await ask('/read', cookie)).text, '{"foo":"bar"}')
    await advance(2 * SHORT_MS)
    const after = await ask('/read', cookie)
    t.equal(after.text, '{}')
    t.not(after.cookie, cookie)
  })

  t.test('a session that is asked for lives on', async t => {
    const { advance } = site()
    const { ask } = bound(await open(t, site(), usual, { cookie: { secure: false, maxAge: SHORT_MS } }))
    const { cookie } = await ask('/set')
    for (let n = 0; n < 4; n++) {
      await advance(SHORT_MS / 2)
      t.equal((await ask('/read', cookie)).text, '{"foo":"bar"}')
    }
  })

  t.test('ids are those of the generator, which may look at the request', async t => {
    let made = 0
    const idGenerator = (request?: { session?: object }) =>
      `${request?.session && 'foo' in request.session ? 'returning' : 'custom'}-${made++}`
    const { ask } = bound(await open(t, site(), usual, { idGenerator: idGenerator as never }))
    const { cookie } = await ask('/set')
    t.match((await ask('/', cookie)).text, /^custom-/)
    const renewed = await ask('/regenerate', cookie)
    t.match(renewed.text, /^returning-/)
    t.equal((await ask('/', renewed.cookie)).text, renewed.text)
  })

  t.test('a session lives through a change of the secret', async t => {
    const before = bound(await open(t, site(), usual))
    const { cookie } = await before.ask('/set')
    const after = bound(await open(t, site(), usual, { secret: ['y'.repeat(32), SECRET] }))
    const read = await after.ask('/read', cookie)
    t.equal(read.text, '{"foo":"bar"}')
  })

  t.test('with the name and the prefix of express-session it is one as well', async t => {
    const { ask } = bound(await open(t, site(), usual, { cookieName: 'connect.sid', cookiePrefix: 's:' }))
    const { cookie } = await ask('/set')
    t.match(cookie, /^connect\.sid=s(:|%3A)/)
    t.equal((await ask('/read', cookie)).text, '{"foo":"bar"}')
  })

  t.test('decryptSession finds the session for what is no request, such as a WebSocket', async t => {
    const { ask, app } = bound(await open(t, site(), usual))
    const { cookie } = await ask('/set')
    const request = {} as { session: Data }
    await new Promise(resolve =>
      app.decryptSession(decodeURIComponent(cookie!.split('=')[1]!), request as never, resolve as never),
    )
    t.equal(request.session.foo, 'bar')
  })

  t.test('what somebody else has stored, its end in milliseconds, is found as long as it is to live', async t => {
    const { stores } = site()
    const { ask } = bound(await open(t, site(), usual))
    const stored = (id: string, expires: number) =>
      new Promise<void>((resolve, reject) => {
        const cookie = { httpOnly: true, path: '/', expires, originalMaxAge: null }
        const data = { foo: 'theirs', cookie } as never
        stores[0]!.set(id, data, error => (error ? reject(error) : resolve()))
      })
    const [alive, over] = ['a'.repeat(32), 'b'.repeat(32)] as const
    await stored(alive, Date.now() + SHORT_MS)
    await stored(over, Date.now() - SHORT_MS)
    t.equal((await ask('/read', `sessionId=${cookie.sign(alive, SECRET)}`)).text, '{"foo":"theirs"}')
    const begun = await ask('/read', `sessionId=${cookie.sign(over, SECRET)}`)
    t.equal(begun.text, '{}')
    t.notMatch(begun.cookie, /=b{32}/)
  })

  t.test('what a request changes of its cookie holds for the next', async t => {
    const { ask } = bound(await open(t, site(), usual))
    const { cookie } = await ask('/day')
    t.equal((await ask('/age', cookie)).text, '86400000')
  })
}

function bound(site: Site) {
  return { ask: site.ask.bind(site), app: site.app }
}

for (const [name, make] of Object.entries(sites))
  t.test(name, async t => {
    const site = await make(t)
    suite(t, () => site)
  })
