import t from 'tap'
import { type CookieOptions, resolveCookieOptions } from '../src/cookie/cookie-options.js'
import { BadCookieOptionError } from '../src/index.js'

t.test('the defaults are what a session cookie should be', async t => {
  t.strictSame(resolveCookieOptions(), {
    name: 'clowder.sid',
    path: '/',
    domain: undefined,
    httpOnly: true,
    sameSite: 'lax',
    secure: 'auto',
    maxAge: null,
    partitioned: false,
    priority: undefined,
  })
})

t.test('what browsers refuse is refused at the start', async t => {
  const refused: [string, CookieOptions][] = [
    ['name', { name: 'a=b' }],
    ['name', { name: '' }],
    ['name', { name: '__Host-a', path: '/app' }],
    ['name', { name: '__Host-a', domain: 'example.org' }],
    ['name', { name: '__Secure-a', secure: false }],
    ['path', { path: 'app' }],
    ['path', { path: '/a; Domain=evil' }],
    ['domain', { domain: 'a b' }],
    ['sameSite', { sameSite: 'Lax' as never }],
    ['sameSite', { sameSite: 'none', secure: false }],
    ['secure', { secure: 'yes' as never }],
    ['maxAge', { maxAge: 0 }],
    ['maxAge', { maxAge: Number.NaN }],
    ['maxAge', { maxAge: Number.POSITIVE_INFINITY }],
  ]
  for (const [option, given] of refused) {
    t.throws(() => resolveCookieOptions(given), { code: 'HTTP_BAD_COOKIE_OPTION', option }, JSON.stringify(given))
  }
  t.throws(() => resolveCookieOptions({ path: 'x' }), BadCookieOptionError)
})
