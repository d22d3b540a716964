import { type VersionToken, writeToken } from '@clowder/ha'
import { ByteWriter } from '@clowder/tribes'
import t from 'tap'
import { type CookieExchange, wrongInCookie } from '../../src/cluster/cookie-words.js'

const actor = (letter: string) => letter.repeat(8)
const dot = (letter: string, counter: number) => ({ actor: actor(letter), counter })
const cookie = (token: VersionToken, id = 's') => {
  const out = new ByteWriter()
  writeToken(out, token)
  return `${id}.${out.view().toString('base64url')}.signature`
}
const begun = (stamp: number) => ({ actors: [actor('a')], stamp })
const copyOf = (...vector: readonly { actor: string; counter: number }[]) =>
  ({ kind: 'live', entries: [], needed: [], vector }) as CookieExchange['state']

/** The client brings `before` to a copy that has only what `b` wrote first. */
const wrong = (before: VersionToken, said: VersionToken, more: Partial<CookieExchange> = {}) =>
  wrongInCookie({
    brought: cookie(before),
    given: cookie(said),
    meant: said,
    isOlder: true,
    state: copyOf(dot('b', 1)),
    ...more,
  })

const before = { stamp: 20, dots: [dot('a', 3)], beginning: begun(5) }
const said = { stamp: 20, dots: [dot('a', 3), dot('b', 1)], beginning: begun(5), usedMs: 7 }

t.test('a cookie says what its session says', async t => {
  t.equal(wrong(before, said), undefined)
  t.match(wrong(before, said, { meant: { ...said, dots: [dot('b', 1)] } }), /^a cookie says that its client has seen/)
  const { usedMs: _used, ...unused } = said
  t.match(wrong(before, unused, { meant: said }), /^a cookie says .*, in use$/)
  t.equal(wrong(before, said, { meant: unused }), undefined, 'somebody has just come back')
  const { beginning: _, ...unbegun } = said
  t.match(wrong(before, unbegun, { meant: said }), /^a cookie says/)
  t.equal(wrong(before, said, { meant: { ...said, stamp: 21 } }), undefined, 'which is not signed again for a stamp')
})

t.test('and forgets nothing of what its client had seen and is not here', async t => {
  t.match(wrong(before, { ...said, stamp: 19 }), /names an older stamp/)
  t.match(wrong(before, { ...said, beginning: begun(6) }), /names a later beginning/)
  t.match(wrong(before, { ...said, dots: [dot('b', 1)] }), /names less than it did/)
  const full = [...'cdefghi', 'b'].map(letter => dot(letter, 1))
  t.equal(wrong(before, { ...said, dots: full }), undefined, 'as far as there is room')
})

t.test('unless nobody can be out who has it, it is here, or the session is another one', async t => {
  const less = { ...said, stamp: 1, dots: [dot('b', 1)] }
  t.equal(wrong(before, less, { isOlder: false }), undefined)
  t.equal(wrong(before, less, { state: copyOf(dot('a', 3), dot('b', 1)) }), undefined)
  t.equal(wrong(before, less, { state: undefined }), undefined)
  t.equal(wrong(before, less, { given: cookie(less, 'other') }), undefined)
  t.equal(wrong(before, less, { brought: undefined }), undefined)
})
