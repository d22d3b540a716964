import t from 'tap'
import { UnaskedExpiries } from '../../src/manager/unasked-expiries.js'

function news(expiries: UnaskedExpiries, member: string, expiring: readonly string[] = []): readonly string[] {
  return [...expiries.newsFor(member, expiring)].flat()
}

t.test('a member is told of each once, unless what it was told has not reached it', async t => {
  const expiries = new UnaskedExpiries()
  for (const id of ['s1', 's2', 's1']) expiries.add(id)
  t.strictSame(news(expiries, 'b', ['s9']), ['s1', 's2', 's9'])
  t.strictSame(news(expiries, 'b'), [])
  expiries.add('s3')
  t.strictSame(news(expiries, 'b'), ['s3'])
  t.strictSame(news(expiries, 'c'), ['s1', 's2', 's3'])
  expiries.ended('s2')
  expiries.untold('b')
  t.strictSame(news(expiries, 'b'), ['s1', 's3'])
  expiries.nobodyIsOut()
  expiries.add('s4')
  t.strictSame(news(expiries, 'b'), ['s4'])
})

t.test('of very many the latest ten thousand', async t => {
  const expiries = new UnaskedExpiries()
  for (let i = 0; i < 25_000; i++) expiries.add(`s${i}`)
  const first = news(expiries, 'b')
  t.equal(first.length, 10_000)
  t.equal(first[0], 's15000')
  for (let i = 25_000; i < 35_001; i++) expiries.add(`s${i}`)
  const next = news(expiries, 'b')
  t.equal(next.length, 10_000)
  t.equal(next.at(-1), 's35000')
  t.equal(expiries.has('s0'), true)
})
