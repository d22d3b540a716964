import session from 'express-session'
import t from 'tap'
import { type CookieTimes, lifetimeOf } from '../../src/store/cookie-lifetime.js'
import { StoreCookie } from '../../src/store/store-cookie.js'
import { StoreSession } from '../../src/store/store-session.js'

const NOW_MS = 1_700_000_000_000
const MINUTE_MS = 60_000

const at = (ms: number) => new Date(NOW_MS + ms)

t.test('what a cookie says of how long its session lives', async t => {
  const table: readonly [string, CookieTimes, unknown][] = [
    ['nothing', {}, { kind: 'browser' }],
    ['null', { expires: null, originalMaxAge: null }, { kind: 'browser' }],
    ['false', { expires: false }, { kind: 'browser' }],
    ['no date', { expires: new Date(Number.NaN) }, { kind: 'browser' }],
    ['a period', { maxAge: 2_000 }, { kind: 'idle', ms: 2_000 }],
    ['just renewed', { originalMaxAge: MINUTE_MS, expires: at(MINUTE_MS) }, { kind: 'idle', ms: MINUTE_MS }],
    [
      'renewed when the request began',
      { originalMaxAge: MINUTE_MS, expires: at(MINUTE_MS - 5_000) },
      { kind: 'idle', ms: MINUTE_MS },
    ],
    ['as text', { originalMaxAge: MINUTE_MS, expires: at(MINUTE_MS).toISOString() }, { kind: 'idle', ms: MINUTE_MS }],
    ['an end', { originalMaxAge: null, expires: at(5_000) }, { kind: 'fixed', ms: 5_000 }],
    ['an earlier end', { originalMaxAge: MINUTE_MS, expires: at(5_000) }, { kind: 'fixed', ms: 5_000 }],
    ['a later end', { originalMaxAge: MINUTE_MS, expires: at(2 * MINUTE_MS) }, { kind: 'fixed', ms: 2 * MINUTE_MS }],
    ['an end that was', { originalMaxAge: 5, expires: at(-1) }, { kind: 'over' }],
    ['now', { originalMaxAge: 0, expires: at(0) }, { kind: 'over' }],
  ]
  for (const [what, cookie, lifetime] of table) t.strictSame(lifetimeOf(cookie, NOW_MS), lifetime, what)
})

type AnyCookie = Record<string, unknown> & { serialize(name: string, value: string): string; data: object }

/** Both do the same at the same time. */
function both(settings: object, act: (cookie: AnyCookie) => void = () => {}): AnyCookie[] {
  const { now } = Date
  Date.now = () => NOW_MS
  try {
    const Theirs = session.Cookie as unknown as new (settings: object) => AnyCookie
    const cookies = [new Theirs({ ...settings }), new StoreCookie({ ...settings }) as unknown as AnyCookie]
    for (const cookie of cookies) act(cookie)
    return cookies
  } finally {
    Date.now = now
  }
}

t.test('a cookie does what the cookie of express-session does', async t => {
  const settings = {
    path: '/shop',
    originalMaxAge: MINUTE_MS,
    expires: at(MINUTE_MS),
    httpOnly: false,
    sameSite: 'none',
  }
  const acts: readonly [string, object, ((cookie: AnyCookie) => void)?][] = [
    ['as it was stored', settings],
    ['of a browser session', { originalMaxAge: null, expires: null }],
    [
      'with everything',
      { ...settings, domain: 'a.example', secure: true, partitioned: true, priority: 'high', sameSite: true },
    ],
    ['renewed', settings, cookie => Object.assign(cookie, { maxAge: cookie.originalMaxAge })],
    ['given another period', settings, cookie => Object.assign(cookie, { maxAge: 5_000 })],
    ['given an end', settings, cookie => Object.assign(cookie, { expires: at(7_000) })],
    ['made to end with the browser', settings, cookie => Object.assign(cookie, { expires: false })],
  ]
  for (const [what, given, act] of acts) {
    const [theirs, ours] = both(given, act)
    t.strictSame({ ...ours!.data }, { ...theirs!.data }, what)
    t.equal(JSON.stringify(ours), JSON.stringify(theirs), `${what}, as JSON`)
    t.strictSame(parts(ours!), parts(theirs!), `${what}, as Set-Cookie`)
  }
  for (const cookie of both(settings)) t.throws(() => Object.assign(cookie, { maxAge: 'a day' }), TypeError)
})

function parts(cookie: AnyCookie): string[] {
  return cookie.serialize('sid', 'a b;c').split('; ').sort()
}

t.test(
  'a session has its data and nothing else that can be enumerated, and hides what has the name of a verb',
  async t => {
    const request = { sessionID: 'mine' }
    const data = { cookie: { originalMaxAge: null, expires: null }, user: 'ada', save: 'mine', id: 7 }
    const session = new StoreSession(request, data)
    t.strictSame(Object.keys(session), ['cookie', 'user'])
    const enumerated: string[] = []
    for (const name in session) enumerated.push(name)
    t.strictSame(enumerated, ['cookie', 'user'])
    t.equal(session.id, 'mine')
    t.type(session.save, 'function')
  },
)
