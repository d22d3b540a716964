import t, { type Test } from 'tap'
import { type AttributeSchema, createCluster } from '../src/index.js'
import { createTestCluster } from '../src/testing/index.js'

const up: AttributeSchema['up'] = { 1: items => ({ items }) }
const down: AttributeSchema['down'] = { 2: cart => (cart as { items: unknown }).items }

/** A node whose application knows version 1 of the cart, and one whose application knows 2. */
async function mixed(t: Test, second: AttributeSchema) {
  let cart: AttributeSchema = { version: 1 }
  const refused: string[] = []
  const cluster = await createTestCluster(2, {
    valve: { onRefused: ({ code }) => void refused.push(code) },
    manager: {
      get schemas() {
        return { cart }
      },
    },
    app: node =>
      node.nodeHttp((req, res) => {
        const [, name, value] = req.url!.split('/')
        if (name) Reflect.set(req.session, name, JSON.parse(decodeURIComponent(value!)))
        res.end(JSON.stringify(req.session))
      }),
  })
  t.teardown(() => cluster.stop())
  cart = second
  await cluster.restart(1)
  await cluster.converged()
  const browser = cluster.browser()
  const ask = async (node: number, name = '', value?: unknown) => {
    const url = name ? `/${name}/${encodeURIComponent(JSON.stringify(value))}` : '/'
    const answer = (await browser.get(node, url)).json()
    await cluster.converged()
    return answer
  }
  return { cluster, ask, refused, id: () => browser.cookies['clowder.sid']!.split('.')[0]! }
}

t.test('an instance of before and one of after share a session: each reads its own version', async t => {
  const { ask, refused, cluster } = await mixed(t, { version: 2, up, down })
  await ask(0, 'cart', ['tea'])
  t.strictSame(await ask(1), { cart: { items: ['tea'] } }, 'what was written before')
  const { commits } = cluster.nodes[1].manager.inspect().commits
  await ask(1)
  t.equal(cluster.nodes[1].manager.inspect().commits.commits, commits, 'reading writes nothing')
  await ask(1, 'cart', { items: ['tea', 'milk'], currency: 'EUR' })
  t.strictSame(await ask(0), { cart: ['tea', 'milk'] })
  t.strictSame(await ask(0, 'n', 1), { cart: ['tea', 'milk'], n: 1 }, 'what else it writes is kept')
  t.strictSame(refused, [])
  await ask(0, 'cart', [])
  t.strictSame(refused, ['HA_NEWER_SCHEMA'], 'but it does not drop what it does not know')
  t.strictSame(await ask(1), { cart: { items: ['tea', 'milk'], currency: 'EUR' }, n: 1 })
})

t.test(
  'without a way down the instance of before does not see the attribute, and does not drop it, by the store neither',
  async t => {
    const { ask, refused, cluster, id } = await mixed(t, { version: 2, up })
    await ask(1, 'cart', { items: ['tea'] })
    t.strictSame(await ask(0), {})
    await ask(0, 'n', 1)
    const store = cluster.nodes[0].store()
    const session = await store.get(id())
    t.notOk('cart' in session!)
    await t.rejects(store.set(id(), { ...session!, m: 2 }), { code: 'HA_NEWER_SCHEMA' }, 'replaced as a whole')
    await store.set(id(), Object.assign(session!, { m: 3 }))
    await cluster.converged()
    t.strictSame(await ask(1), { cart: { items: ['tea'] }, n: 1, m: 3 })
    t.strictSame(refused, [])
  },
)

t.test('a schema with a gap is refused', async t => {
  for (const cart of [{ version: 3, up }, { version: 0 }, { version: 2 }, { version: 1, sideways: {} }])
    await t.rejects(createCluster({ distributable: false, manager: { schemas: { cart } } } as never), {
      code: 'CLOWDER_BAD_OPTIONS',
    })
})
