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
