import t from 'tap'
import { AttributeTooLargeError, deltaManagerDefaults, SessionTooLargeError } from '../../src/index.js'
import { REMOVE, startCluster } from '../support/delta-cluster.js'

t.test('the largest sessions are listed on every node, with their attributes, whether open or packed', async t => {
  const { a, b, advance } = await startCluster()
  const sizes = [3, 500, 40, 90, 7, 800, 60]
  const ids = new Map(sizes.map(size => [a.write(undefined, { small: 1, text: 'x'.repeat(size) }).id, size]))
  const gone = a.write(undefined, { text: 'x'.repeat(2_000) }).id
  a.manager.expireSession(gone)
  a.write(a.write(undefined, { text: 'x'.repeat(2_000) }).id, { text: REMOVE })
  await advance(10)
  const list = (node: typeof a, n: number) =>
    node.manager.largest(n).map(({ id, attributes }) => [ids.get(id), attributes])
  const expected = [800, 500, 90].map(size => [
    size,
    [
      { name: 'text', bytes: size + 2 },
      { name: 'small', bytes: 1 },
    ],
  ])
  t.strictSame(list(a, 3), expected, 'open')
  t.strictSame(list(b, 3), expected)
  await advance(20_000)
  t.strictSame(list(a, 3), expected, 'packed')
  t.equal(list(a, 100).length, 8)
  t.strictSame(list(a, 0), [])
  const [largest] = a.manager.largest(1)
  t.ok(largest!.bytes > 800)
})

t.test('as many of the largest are listed as are asked for, and all of them if there are not so many', async t => {
  const { a } = await startCluster({ names: ['a'] })
  const sizes = Array.from({ length: 100 }, (_, n) => (n * 37) % 100)
  for (const size of sizes) a.write(undefined, { text: 'x'.repeat(size) })
  const largestFirst = sizes.toSorted((x, y) => y - x).map(size => size + 2)
  for (const n of [1, 2, 7, 50, 99, 100, Number.POSITIVE_INFINITY]) {
    const listed = a.manager.largest(n).map(({ attributes }) => attributes[0]!.bytes)
    t.strictSame(listed, largestFirst.slice(0, n), String(n))
  }
})

t.test('an attribute beyond maxAttributeBytes is refused and keeps what it had; it may always shrink', async t => {
  const { a } = await startCluster({ options: { maxAttributeBytes: 100 } })
  const { id, commit } = a.write(undefined, { big: 'x'.repeat(200), small: 1 })
  t.ok(commit.refused[0] instanceof AttributeTooLargeError)
  t.match(commit.refused[0], { code: 'HA_ATTRIBUTE_TOO_LARGE', path: 'big', bytes: 202, maxBytes: 100 })
  t.strictSame(a.read(id), { small: 1 })
  t.strictSame(a.write(id, { big: 'x'.repeat(90), other: 'y'.repeat(90) }).commit.refused, [], 'each by itself')
  t.strictSame(a.write(id, { big: 'x' }).commit.refused, [])
})

t.test('a request that goes on reads what an attribute had that was refused, and is not refused it again', async t => {
  const { a } = await startCluster({ options: { maxAttributeBytes: 100 } })
  const { id } = a.write(undefined, { text: 'short' })
  const session = a.open(id)
  session.setAttribute('text', 'x'.repeat(200))
  t.match(a.manager.requestCompleted(session), { changed: false, refused: [{ path: 'text' }] })
  t.equal(session.getAttribute('text'), 'short')
  session.setAttribute('n', 1)
  t.strictSame(a.manager.requestCompleted(session).refused, [])
  t.strictSame(a.read(id), { n: 1, text: 'short' })
})

t.test(
  'a session that grows past warnSessionBytes is warned of once, and again when it has shrunk meanwhile',
  async t => {
    const { a } = await startCluster({ options: { warnSessionBytes: 100 } })
    const warned = () => a.logger.messages('warn').filter(text => text.includes('warnSessionBytes')).length
    const { id } = a.write(undefined, { x: 'x'.repeat(200) })
    t.equal(warned(), 1)
    a.write(id, { y: 'y'.repeat(200) })
    t.strictSame([warned(), a.manager.inspect().commits.large], [1, 1])
    t.notOk(JSON.stringify(a.logger.lines).includes(id), 'no id is logged')
    a.write(id, { x: REMOVE, y: REMOVE })
    t.equal(warned(), 1)
    a.write(id, { x: 'x'.repeat(200) })
    t.equal(warned(), 2)
  },
)

t.test(
  'a session fits a frame, however many small attributes it has: their names count where they take too much',
  async t => {
    const { a, b, advance } = await startCluster({ options: { maxAttributes: 65_535 } })
    const { id } = a.write(undefined, { x: 1 })
    const refused: unknown[] = []
    for (let n = 0; n < 20; n++) {
      const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`item.${n}.${i}.quantity`, 1]))
      refused.push(...a.write(id, many).commit.refused)
    }
    t.ok(refused.length > 0)
    t.ok(refused.every(error => error instanceof SessionTooLargeError))
    const bytes = a.manager.inspectCopy(id)!.packed().length
    const { maxSessionBytes } = deltaManagerDefaults
    t.ok(bytes > maxSessionBytes && bytes <= maxSessionBytes + 65_536, `${bytes} bytes`)
    t.strictSame(a.write(id, { x: 2 }).commit.refused, [], 'what does not grow is taken')
    await advance(1_000)
    t.equal(a.manager.digest(), b.manager.digest())
  },
)
