import { ByteReader, ByteWriter, MalformedError } from '@clowder/tribes'
import fc from 'fast-check'
import t from 'tap'
import {
  coversToken,
  MAX_TOKEN_DOTS,
  readToken,
  tokenOf,
  type VersionToken,
  withBeginning,
  withUncovered,
  writeToken,
} from '../../src/state/version-token.js'
import { joinVectors, type VersionVector } from '../../src/state/version-vector.js'

const actor = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytes => Buffer.from(bytes).toString('latin1'))
const vector: fc.Arbitrary<VersionVector> = fc
  .uniqueArray(fc.record({ actor, counter: fc.integer({ min: 1, max: 1e9 }) }), {
    selector: d => d.actor.slice(0, 8),
    maxLength: 8,
  })
  .map(dots => dots.sort((a, b) => (a.actor < b.actor ? -1 : 1)))

t.test('a copy covers its own token, and so does every copy that includes it', async t => {
  fc.assert(
    fc.property(vector, vector, (mine, more) => {
      const token = tokenOf(mine, 7, () => () => 0)
      return (
        token.dots.length <= MAX_TOKEN_DOTS && coversToken(mine, token) && coversToken(joinVectors(mine, more), token)
      )
    }),
  )
  t.pass()
})

t.test('a copy that lacks one commit of what the client saw does not cover', async t => {
  fc.assert(
    fc.property(
      vector.filter(v => v.length > 0 && v.length <= 4),
      fc.nat(),
      (mine, pick) => {
        const token = tokenOf(mine, 7, () => () => 0)
        const at = pick % mine.length
        const behind = mine.map((dot, i) => (i === at ? { ...dot, counter: dot.counter - 1 } : dot))
        const without = mine.filter((_, i) => i !== at)
        return !coversToken(behind, token) && !coversToken(without, token)
      },
    ),
  )
  t.pass()
})

t.test('of more writers than fit, the latest are named', async t => {
  const dots = 'abcdefghij'.split('').map((name, i) => ({ actor: name.repeat(16), counter: i + 1 }))
  const token = tokenOf(dots, 7, () => name => 'fcbedagihj'.indexOf(name[0]!))
  t.strictSame(token.dots.map(d => d.actor[0]).join(''), 'jhigadeb')
})

t.test(
  'what a client has seen stays in its token while the copy that serves it lacks it, by its greatest counter',
  async t => {
    const dot = (name: string, counter: number) => ({ actor: name.repeat(8), counter })
    const vector = [{ actor: 'a'.repeat(16), counter: 3 }]
    const merged = (token: VersionToken, seen: VersionToken) => withUncovered(token, seen, vector).dots
    const token = { stamp: 1, dots: [dot('a', 3)] }
    t.strictSame(merged(token, { stamp: 1, dots: [dot('a', 2)] }), token.dots, 'covered')
    t.strictSame(merged(token, { stamp: 1, dots: [dot('b', 1), dot('a', 5)] }), [dot('b', 1), dot('a', 5)])
    const heard = { stamp: 1, dots: [dot('a', 9), dot('b', 2)] }
    t.strictSame(
      merged(heard, { stamp: 1, dots: [dot('a', 5), dot('b', 1)] }),
      heard.dots,
      'the copy has heard of more than was seen',
    )
    const many = { stamp: 1, dots: [...'cdefghij'].map(name => dot(name, 1)) }
    t.equal(merged(token, many).length, MAX_TOKEN_DOTS)
    t.strictSame(merged(token, many).at(-1), dot('a', 3), 'what the copy shows is always named')
  },
)

t.test('a token that names what a copy lacks has the stamp of the newest that its client has seen', async t => {
  const of = (name: string, stamp: number) => ({ stamp, dots: [{ actor: name.repeat(8), counter: 1 }] })
  t.equal(withUncovered(of('a', 3), of('b', 7), []).stamp, 7)
  t.equal(withUncovered(of('a', 7), of('b', 3), []).stamp, 7)
})

t.test('a token keeps the earlier of two beginnings, its own and the one that its client has seen', async t => {
  const dot = (name: string) => ({ actor: name.repeat(8), counter: 1 })
  const beginning = (stamp: number) => ({ actors: ['a'.repeat(8)], stamp })
  const token = (own?: number) => withBeginning({ stamp: 9, dots: [dot('a')] }, own ? beginning(own) : undefined)
  const seen = (stamp: number) => ({ stamp: 8, dots: [dot('b')], beginning: beginning(stamp) })
  t.equal(token().beginning, undefined)
  const kept = (own: number | undefined, ofSeen: number) => withUncovered(token(own), seen(ofSeen), []).beginning
  t.strictSame([kept(undefined, 3), kept(2, 3), kept(4, 3)], [beginning(3), beginning(2), beginning(3)])
  const known = { stamp: 8, dots: [dot('a')], beginning: beginning(3) }
  t.strictSame(withUncovered(token(), known, []).beginning, beginning(3), 'also where all is known of that was seen')
  t.strictSame(withUncovered(token(4), known, []).beginning, beginning(4))
})

t.test('a token survives the wire; anything else is malformed', async t => {
  fc.assert(
    fc.property(vector, fc.option(vector, { nil: undefined }), fc.option(fc.nat()), (mine, early, usedMs) => {
      const beginning = early && { actors: early.map(dot => dot.actor.slice(0, 8)), stamp: 5 }
      const begun = withBeginning(
        tokenOf(mine, 7, () => () => 0),
        beginning,
      )
      const token = usedMs === null ? begun : { ...begun, usedMs }
      const out = new ByteWriter()
      writeToken(out, token)
      const bytes = out.take()
      t.strictSame(readToken(new ByteReader(bytes)), mine.length === 0 ? { dots: [], stamp: 0 } : token)
      for (let cut = 1; cut < bytes.length; cut++)
        onlyMalformed(() => readToken(new ByteReader(bytes.subarray(0, cut))))
    }),
    { numRuns: 50 },
  )
  t.throws(
    () => readToken(new ByteReader(Buffer.from([0, 5, MAX_TOKEN_DOTS + 1, ...Buffer.alloc(200, 1)]))),
    MalformedError,
    'a writer too many in the beginning',
  )
  t.throws(
    () => readToken(new ByteReader(Buffer.alloc(1 + 9 * (MAX_TOKEN_DOTS + 1), 1))),
    MalformedError,
    'a writer too many',
  )
})

function onlyMalformed(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
  }
}
