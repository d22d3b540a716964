import fc from 'fast-check'
import t from 'tap'
import { Counter, type MergeFunction, merges, ValueCodec } from '../src/index.js'
import { createTestCluster } from '../src/testing/index.js'

const codec = new ValueCodec()
const bytes = (value: unknown) => Buffer.from(codec.encode(value)).toString('hex')

const key = fc.constantFrom('a', 'b', 'c', '__proto__ ', '0')
const leaf = fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom('x', 'y', null, true))
const anything = fc.oneof(leaf, fc.array(leaf, { maxLength: 3 }), fc.dictionary(key, leaf, { maxKeys: 3 }))
const item = fc.oneof(fc.record({ quantity: fc.integer({ min: 0, max: 3 }), note: leaf }), leaf)

const values: Record<keyof typeof merges, fc.Arbitrary<unknown>> = {
  counter: fc.oneof({ weight: 4, arbitrary: fc.dictionary(key, fc.nat(4)) }, anything),
  set: fc.oneof(
    fc.uniqueArray(leaf),
    fc.uniqueArray(leaf).map(array => new Set(array)),
    anything,
  ),
  cart: fc.oneof({ weight: 4, arbitrary: fc.dictionary(key, item) }, anything),
}

for (const name of Object.keys(merges) as (keyof typeof merges)[])
  t.test(`merges.${name} is commutative, associative and idempotent`, async t => {
    const merge: MergeFunction = merges[name]
    // As in use: what it returns has been written and read again by the time that it is merged with something else.
    const same = (a: unknown, b: unknown) => bytes(merge(a, a)) === bytes(merge(b, b))
    fc.assert(
      fc.property(values[name], values[name], values[name], (a, b, c) => {
        const ab = merge(a, b)
        return (
          same(ab, merge(b, a)) &&
          same(merge(ab, c), merge(a, merge(b, c))) &&
          same(merge(ab, b), ab) &&
          same(merge(ab, a), ab)
        )
      }),
      { numRuns: 2_000, seed: 1 },
    )
    t.pass('2,000 triples')
  })

t.test('what they are for', async t => {
  t.strictSame(merges.set(new Set([1, 'x']), new Set([2])), new Set([1, 2, 'x']))
  t.strictSame(merges.set([{ a: 1, b: 2 }], [{ b: 2, a: 1 }]), [{ a: 1, b: 2 }])
  t.match(merges.set([new Date(0), 1], [new Map([[1, new Set([2])]]), 1n]), { length: 4 })
  t.strictSame(merges.cart({ tea: { quantity: 1 } }, { tea: { quantity: 2 }, milk: { quantity: 1 } }), {
    milk: { quantity: 1 },
    tea: { quantity: 2 },
  })
  const [here, there] = [new Counter('n'), new Counter('n')]
  const [a, b] = [{ id: 'x' } as { id: string; n?: unknown }, { id: 'x' } as { id: string; n?: unknown }]
  t.equal(here.value(a), 0)
  t.equal(here.add(a, 3), 3)
  t.equal(here.add(a, -1), 2)
  // NaN would stay for ever: it is the larger of any two.
  for (const by of [Number.NaN, 0.5, Number.POSITIVE_INFINITY, '2' as never])
    t.throws(() => here.add(a, by), /by whole numbers, given/)
  t.equal(there.add(b), 1)
  t.equal(here.value({ id: 'x', n: merges.counter(a.n, b.n) } as never), 3)
})

t.test('1,000 increments by 8 clients over 3 nodes, without a lock: exactly 1,000', async t => {
  const cluster = await createTestCluster(3, {
    manager: { merges: { visits: merges.counter } },
    app: node => {
      const visits = new Counter('visits')
      return node.nodeHttp(async (req, res) => {
        const { session } = req
        if (req.url === '/count') {
          const before = visits.value(session)
          // Another request may come between what was read and what is written.
          await new Promise(resolve => setImmediate(resolve))
          t.ok(visits.add(session) > before)
        }
        if (req.url === '/start') Reflect.set(session, 'started', true)
        res.end(JSON.stringify({ visits: visits.value(session) }))
      })
    },
  })
  t.teardown(() => cluster.stop())
  const conflicts: string[] = []
  for (const node of cluster.nodes) node.on('conflict', ({ name }) => void conflicts.push(name))
  const first = cluster.browser()
  await first.get(0, '/start')
  const clients = Array.from({ length: 8 }, () => first.copy())
  await Promise.all(
    clients.map(async (client, i) => {
      for (let click = 0; click < 125; click++) await client.get((click * 7 + i) % 3, '/count')
    }),
  )
  await cluster.converged()
  for (const node of cluster.nodes) t.strictSame((await first.copy().get(node, '/')).json(), { visits: 1_000 })
  t.strictSame(conflicts, [], 'nothing was lost, so there is nothing to tell')
})

t.test('without a merge function the later value stays, and conflict tells of both', async t => {
  const cluster = await createTestCluster(2, {
    app: node =>
      node.nodeHttp((req, res) => {
        const [, name, value] = req.url!.split('/')
        if (name) Reflect.set(req.session, name, value)
        res.end(JSON.stringify(req.session))
      }),
  })
  t.teardown(() => cluster.stop())
  const told: unknown[] = []
  cluster.nodes[0].on('conflict', ({ name, kept, dropped }) => void told.push([name, kept(), dropped()]))
  const browser = cluster.browser()
  await browser.get(0, '/theme/none')
  await cluster.converged()
  cluster.partition([0], [1])
  await cluster.advance(5_000)
  await browser.copy().get(0, '/theme/dark')
  await cluster.advance(1_000)
  await browser.copy().get(1, '/theme/light')
  cluster.heal()
  await cluster.converged()
  t.strictSame(told, [['theme', 'light', 'dark']])
})

t.test('merges.set takes for the same only what is the same', t => {
  const cases: [unknown[], unknown[]][] = [
    [[/a/], [/b/g]],
    [[new TypeError('x')], [new RangeError('x'), new TypeError('y')]],
    [[Uint8Array.of(1).buffer], [Uint8Array.of(2).buffer, Uint8Array.of(1), Int8Array.of(1), { 0: 1 }]],
    [
      [undefined, '1n', '/a/'],
      [null, 1n, 'undefined'],
    ],
  ]
  for (const [a, b] of cases) {
    const both = merges.set(a, b) as unknown[]
    t.equal(both.length, a.length + b.length)
    t.equal((merges.set(both, b) as unknown[]).length, both.length)
  }
  t.end()
})
