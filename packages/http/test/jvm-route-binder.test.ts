import t from 'tap'
import { JvmRouteBinder } from '../src/index.js'

t.test('a route that no cookie can carry is refused', async t => {
  for (const route of ['', 'a.b', 'a b', 'a;b', 'ä', 'x'.repeat(65)]) {
    t.throws(() => new JvmRouteBinder(route), { code: 'HTTP_BAD_JVM_ROUTE', jvmRoute: route })
  }
})

t.test('without a route of our own no route is foreign', async t => {
  const binder = new JvmRouteBinder(undefined)
  t.notOk(binder.isForeign('node1'))
  t.equal(binder.bind('signed'), 'signed')
  t.equal(binder.originalRoute('node1'), 'node1')
})

t.test('with one, every other is', async t => {
  const binder = new JvmRouteBinder('node1')
  t.strictSame(
    ['node1', 'node2', undefined].map(route => binder.isForeign(route)),
    [false, true, true],
  )
  t.equal(binder.bind('signed'), 'signed.node1')
  t.equal(binder.originalRoute('node1'), undefined)
})
