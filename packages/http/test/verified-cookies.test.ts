import t from 'tap'
import { VerifiedCookies } from '../src/cookie/verified-cookies.js'

const cookie = (signed: string) => ({ id: signed, token: { dots: [], stamp: 0 }, signed, isOutdated: false })

t.test('never more than its capacity is remembered, and what is used stays', async t => {
  const cookies = new VerifiedCookies(10)
  cookies.remember(cookie('used'))
  for (let i = 0; i < 100; i++) {
    cookies.remember(cookie(`c${i}`))
    t.ok(cookies.find('used'), `after ${i}`)
    t.ok(cookies.size <= 10)
  }
  t.equal(cookies.find('c0'), undefined)
  t.equal(cookies.find('c99')?.id, 'c99')
})

t.test('a cookie that another has replaced is forgotten at once, whichever half it is in', async t => {
  const cookies = new VerifiedCookies(4)
  for (const name of ['a', 'b', 'c']) cookies.remember(cookie(name))
  cookies.remember(cookie('a2'), cookie('a'))
  cookies.remember(cookie('c2'), cookie('c'))
  for (const name of ['a', 'c']) t.equal(cookies.find(name), undefined, name)
  for (const name of ['b', 'a2', 'c2']) t.ok(cookies.find(name), name)
})
