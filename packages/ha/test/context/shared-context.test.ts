import t from 'tap'
import { startUsers } from '../support/user-cluster.js'

t.test('an attribute set on one member is read on all, also on one that joins later, and removed on all', async t => {
  const { a, b, c, advance, until, add } = await startUsers()
  t.equal(await until(a.context().setAttribute('motd', { text: 'hello' })), 'held')
  t.strictSame(a.context().getAttribute('motd'), { text: 'hello' }, 'here at once')
  await advance(10)
  for (const node of [b, c]) t.strictSame(node.context().getAttribute('motd'), { text: 'hello' })
  const d = await add('d')
  t.strictSame(d.context().names(), ['motd'])
  await until(d.context().removeAttribute('motd'))
  await advance(10)
  for (const node of [a, b, c])
    t.strictSame([node.context().names(), node.context().getAttribute('motd')], [[], undefined])
})

t.test('contexts of different names, and the sessions, never meet', async t => {
  const { a, b, advance } = await startUsers(['a', 'b'])
  a.context('x').setAttribute('n', 1)
  b.context('y').setAttribute('n', 2)
  const { id } = a.write(undefined, { n: 3 })
  await advance(10)
  t.strictSame([b.context('x').getAttribute('n'), a.context('y').getAttribute('n')], [1, 2])
  t.strictSame(b.read(id), { n: 3 })
  t.strictSame(b.manager.sessionIds(), [id])
  t.equal(b.standing('context:x'), 'unknown')
})

t.test(
  'members that set different attributes while they are cut off keep both, and of one attribute the later',
  async t => {
    const { cluster, a, b, nodes, advance, isolate } = await startUsers()
    const conflicts: unknown[] = []
    a.context().events.on('conflict', ({ name, kept, dropped }) => conflicts.push([name, kept(), dropped()]))
    isolate(a)
    await advance(5_000)
    a.context().setAttribute('left', 1)
    a.context().setAttribute('both', 'a')
    await advance(1_000)
    b.context().setAttribute('right', 2)
    b.context().setAttribute('both', 'b')
    cluster.heal()
    await advance(10_000)
    for (const node of nodes) {
      const context = node.context()
      t.strictSame([...context.names()].sort(), ['both', 'left', 'right'])
      t.equal(context.getAttribute('both'), 'b')
    }
    t.strictSame(conflicts, [['both', 'b', 'a']])
    t.equal(new Set(nodes.map(node => node.shared.digest())).size, 1)
  },
)

t.test('with a merge function both sides count', async t => {
  const union = (a: unknown, b: unknown) => [...new Set([...(a as string[]), ...(b as string[])])].sort()
  const { cluster, a, b, nodes, advance, isolate } = await startUsers(['a', 'b'], {
    shared: { merges: { tags: union } },
  })
  isolate(a)
  await advance(5_000)
  a.context().setAttribute('tags', ['a'])
  b.context().setAttribute('tags', ['b'])
  cluster.heal()
  await advance(10_000)
  for (const node of nodes) t.strictSame(node.context().getAttribute('tags'), ['a', 'b'])
})

t.test('a change is told on every member, with who made it', async t => {
  const { a, b, advance } = await startUsers(['a', 'b'])
  const told: unknown[] = []
  for (const node of [a, b])
    node
      .context()
      .events.on('changed', ({ name, local, value, previous }) =>
        told.push([node.channel.name, name, local, value(), previous()]),
      )
  a.context('other').setAttribute('x', 0)
  a.context().setAttribute('x', 1)
  await advance(10)
  b.context().setAttribute('x', 2)
  await advance(10)
  t.strictSame(told, [
    ['a', 'x', true, 1, undefined],
    ['b', 'x', false, 1, undefined],
    ['b', 'x', true, 2, 1],
    ['a', 'x', false, 2, 1],
  ])
})

t.test('a context outlives every idle limit, and every member but one', async t => {
  const { a, b, c, advance, until } = await startUsers(['a', 'b', 'c'], { manager: { maxInactiveInterval: 60 } })
  await until(a.context().setAttribute('x', 1))
  await advance(300_000)
  a.kill()
  b.kill()
  await advance(300_000)
  t.equal(c.context().getAttribute('x'), 1)
})

t.test('what cannot be shared is thrown where it was set, and changes nothing', async t => {
  const { a } = await startUsers(['a'], { shared: { maxSessionBytes: 1_000 } })
  t.throws(() => a.context().setAttribute('f', () => 1), { code: 'HA_UNSERIALIZABLE_VALUE' })
  t.throws(() => a.context().setAttribute('big', 'x'.repeat(2_000)), { code: 'HA_SESSION_TOO_LARGE' })
  t.strictSame(a.context().names(), [])
  for (const name of ['x'.repeat(121), 'half \ud800']) t.throws(() => a.context(name), { code: 'HA_BAD_CONTEXT_NAME' })
})

t.test('what a listener throws, or rejects with, is logged, and the others hear all the same', async t => {
  const { a, b, advance } = await startUsers(['a', 'b'])
  const context = b.context()
  const heard: string[] = []
  context.events.once('changed', () => {
    throw new Error('thrown')
  })
  context.events.on('changed', async ({ name }) => {
    if (name === 'first') throw new Error('rejected')
  })
  context.events.on('changed', ({ name }) => heard.push(name))
  for (const name of ['first', 'second']) {
    a.context().setAttribute(name, 1)
    await advance(10)
  }
  t.strictSame(heard, ['first', 'second'])
  t.match(
    b.logger.lines.filter(({ level }) => level === 'error').map(({ fields }) => fields),
    [
      { err: { message: 'thrown' }, event: 'changed' },
      { err: { message: 'rejected' }, event: 'changed' },
    ],
  )
})
