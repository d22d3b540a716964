import assert from 'node:assert/strict'
import type { FaceCase } from '../face-case.js'
import type { FaceHands } from '../face-hands.js'

const HEADERS_TOO_LARGE = 431

/** Cookies that nobody was given. */
export const hostileCases: readonly FaceCase[] = [
  {
    title: 'a cookie that was tampered with is worth nothing',
    async run(hands) {
      const { good, id } = await victim(hands)
      for (const cookie of tampered(good)) await isNobody(hands, `${hands.cookieName}=${cookie}`, id)
    },
  },
  {
    title: 'an id without its signature is worth nothing',
    async run(hands) {
      const { id } = await victim(hands)
      for (const cookie of [id, `s:${id}`, `s%3A${id}.`, `${id}.`, `${id}..`])
        await isNobody(hands, `${hands.cookieName}=${cookie}`, id)
    },
  },
  {
    title: 'a cookie that is no cookie is worth nothing',
    async run(hands) {
      const { id } = await victim(hands)
      const name = hands.cookieName
      const headers = [
        '=',
        ';;;',
        name,
        `${name}=`,
        `${name}="`,
        `${name}=%`,
        `${name}=%E0%A4%A`,
        `${name}=__proto__.x.y`,
      ]
      for (const header of headers) await isNobody(hands, header, id)
    },
  },
  {
    title: 'a cookie that is longer than any is worth nothing',
    async run(hands) {
      const { good, id } = await victim(hands)
      await isNobody(hands, `${hands.cookieName}=${good}${'x'.repeat(5_000)}`, id)
      await isNobody(hands, Array.from({ length: 500 }, () => `${hands.cookieName}=x`).join('; '), id)
      // More than Node.js reads of headers, and no more than it takes at once: what is left unread when it closes may cost the client the answer.
      const huge = await hands.browser().get('/read', { cookie: `${hands.cookieName}=${'x'.repeat(20_000)}` })
      assert.equal(huge.status, HEADERS_TOO_LARGE)
    },
  },
  {
    title: 'a good cookie is found behind a bad one of the same name',
    async run(hands) {
      const { good } = await victim(hands)
      const cookie = `${hands.cookieName}=of-another-application; ${hands.cookieName}=${good}`
      assert.deepEqual((await hands.browser().get('/read', { cookie })).json, { user: 'victim' })
    },
  },
  {
    title: 'who comes with an id of his own making is given another',
    async run(hands) {
      const user = hands.browser()
      user.cookies.set(hands.cookieName, 'fixed.by.me')
      await user.get('/set?user="ada"')
      assert.notEqual(hands.cookieOf(user), 'fixed.by.me')
      assert.notEqual((await user.get('/id')).json, 'fixed')
    },
  },
]

async function victim(hands: FaceHands): Promise<{ good: string; id: string }> {
  const user = hands.browser()
  await user.get('/set?user="victim"')
  return { good: hands.cookieOf(user)!, id: String((await user.get('/id')).json) }
}

async function isNobody(hands: FaceHands, cookie: string, id: string): Promise<void> {
  const read = await hands.browser().get('/read', { cookie })
  assert.equal(read.status, 200, cookie.slice(0, 100))
  assert.deepEqual(read.json, {}, cookie.slice(0, 100))
  assert.notEqual((await hands.browser().get('/id', { cookie })).json, id, cookie.slice(0, 100))
}

/** One character changed in each place, and what else comes to mind. Characters that only pad the last byte of a signature are left alone. */
function tampered(good: string): string[] {
  const places = Array.from({ length: good.length - 2 }, (_, place) => place).filter(place =>
    /[A-Za-z0-9]/.test(good[place]!),
  )
  const few = places.filter((_, n) => n % Math.ceil(places.length / 25) === 0 && !isEscape(good, places[n]!))
  const changed = few.map(place => good.slice(0, place) + (good[place] === 'A' ? 'B' : 'A') + good.slice(place + 1))
  return [...changed, good.slice(0, -4), good.slice(4), `${good}AAAA`, [...good].reverse().join('')]
}

/** Within `%3A`. */
function isEscape(text: string, place: number): boolean {
  return text.slice(Math.max(0, place - 2), place).includes('%')
}
