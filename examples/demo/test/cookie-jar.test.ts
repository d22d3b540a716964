import t from 'tap'
import { CookieJar } from '../src/cookie-jar.js'

t.test('a jar sends back what it was given last, and forgets what it is told to', async t => {
  const jar = new CookieJar()
  jar.take(['a=1; Path=/; HttpOnly', 'b=x=y'])
  t.equal(jar.header, 'a=1; b=x=y')
  const copy = jar.copy()
  jar.take(['a=2', 'b=; Max-Age=0'])
  t.equal(jar.header, 'a=2')
  jar.take(['a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT'])
  t.equal(jar.header, '')
  t.equal(copy.header, 'a=1; b=x=y')
})
