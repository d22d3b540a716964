import t from 'tap'
import { Moments } from '../../src/manager/moments.js'

t.test('what is older than asked for goes, and what is asked of the rest is true, in whichever order they came', t => {
  const moments = new Moments()
  for (const [name, atMs] of Object.entries({ c: 30, a: 10, b: 20 })) moments.set(name, atMs)
  t.strictSame(moments.since(20), ['c', 'b'])
  t.ok(moments.hasAnySince(30))
  t.notOk(moments.hasAnySince(31))
  moments.deleteBefore(10)
  t.equal(moments.size, 3)
  moments.deleteBefore(20)
  t.strictSame([moments.size, moments.has('a'), moments.get('b')], [2, false, 20])
  t.ok(moments.delete('c'))
  t.notOk(moments.hasAnySince(30), 'the newest has gone')
  moments.set('d', 5)
  moments.deleteBefore(20)
  t.strictSame(moments.since(0), ['b'])
  t.end()
})

t.test('of a thousand who have come and gone the old ones are looked for only when one is old', t => {
  let looks = 0
  const moments = new Moments()
  for (let n = 0; n < 1_000; n++) moments.set(`${n}`, 1000)
  const walk = Map.prototype[Symbol.iterator]
  Map.prototype[Symbol.iterator] = function (this: Map<unknown, unknown>) {
    looks++
    return walk.call(this) as MapIterator<[unknown, unknown]>
  }
  t.teardown(() => {
    Map.prototype[Symbol.iterator] = walk
  })
  for (let n = 0; n < 1000; n++) moments.deleteBefore(n)
  Map.prototype[Symbol.iterator] = walk
  t.equal(looks, 0)
  moments.deleteBefore(1001)
  t.equal(moments.size, 0)
  t.end()
})

t.test(
  'of more than a thousand the first lose their names, and that there were some is known as long as it would be with them',
  t => {
    const moments = new Moments()
    for (let n = 0; n < 1_030; n++) moments.set(`${n}`, n)
    moments.set('500', 2_000)
    t.strictSame([moments.size, moments.has('5'), moments.has('6')], [1_024, false, true])
    for (let n = 6; n < 1_030; n++) moments.delete(`${n}`)
    t.strictSame(
      [moments.size, moments.isEmpty, moments.hasAnySince(5), moments.hasAnySince(6)],
      [0, false, true, false],
    )
    moments.deleteBefore(5)
    t.notOk(moments.isEmpty)
    t.ok(moments.hasAnySince(Number.NEGATIVE_INFINITY))
    moments.deleteBefore(6)
    t.ok(moments.isEmpty)
    t.notOk(moments.hasAnySince(0))
    t.notOk(moments.hasAnySince(Number.NEGATIVE_INFINITY), 'of nothing there was nothing ever')
    t.end()
  },
)
