import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { RequestFilter } from '../src/valve/request-filter.js'

const request = (url: string | undefined, originalUrl?: string) =>
  (originalUrl === undefined ? { url } : { url, originalUrl }) as IncomingMessage

t.test('a string must match the whole decoded path, as in Tomcat', async t => {
  const filter = new RequestFilter('.*\\.(css|js)|/a b')
  const matches = (url: string) => filter.matches(request(url))
  t.strictSame(['/x.css', '/x.js?v=1', '/a%20b', '/x.css/y', '/q?x.css'].map(matches), [true, true, true, false, false])
  t.notOk(matches('/%zz'))
  t.notOk(filter.matches(request(undefined)))
})

t.test('a RegExp matches as it is, every time', async t => {
  const filter = new RequestFilter(/\.css$/gy)
  for (let i = 0; i < 3; i++) t.notOk(filter.matches(request('/other')))
  const anywhere = new RequestFilter(/\.css$/g)
  for (let i = 0; i < 3; i++) t.ok(anywhere.matches(request('/x.css')))
  t.ok(anywhere.matches(request('/x', '/mounted/x.css')))
})

t.test('no filter matches nothing; what is no regular expression is refused', async t => {
  t.notOk(new RequestFilter(undefined).matches(request('/')))
  t.notOk(new RequestFilter('').matches(request('')))
  t.throws(() => new RequestFilter('('), { code: 'HTTP_BAD_FILTER', filter: '(' })
})
