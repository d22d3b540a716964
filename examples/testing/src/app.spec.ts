import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCluster } from 'clowder/testing'
import { makeApp } from './app.js'

test('whoever logs in on one node is known on the others, and still after that node was killed', async t => {
  const cluster = await createTestCluster(3, { app: makeApp })
  t.after(() => cluster.stop())
  const browser = cluster.browser()

  await browser.post(0, '/login/ada')
  cluster.kill(0)

  for (const node of [1, 2]) {
    const page = await browser.get(node, '/')
    assert.deepEqual(page.json(), { user: 'ada', cart: {} })
  }
})

test('a logout while the network is cut stays a logout, on both sides', async t => {
  const cluster = await createTestCluster(3, { app: makeApp })
  t.after(() => cluster.stop())
  const [a, b, c] = cluster.nodes
  const browser = cluster.browser()
  await browser.post(a, '/login/ada')
  await cluster.converged()
  const stolen = browser.copy()

  cluster.partition([a], [b, c])
  await browser.post(a, '/logout')
  cluster.heal()
  await cluster.converged()

  for (const node of cluster.nodes) {
    assert.deepEqual((await stolen.copy().get(node, '/')).json(), { cart: {} })
  }
})

test('a cart filled on both sides of a cut keeps what the last one put into it', async t => {
  const cluster = await createTestCluster(2, { app: makeApp })
  t.after(() => cluster.stop())
  const [a, b] = cluster.nodes
  const conflicts = new Set<string>()
  for (const node of cluster.nodes) node.on('conflict', ({ name }) => conflicts.add(name))
  const browser = cluster.browser()
  await browser.post(a, '/login/ada')
  await cluster.converged()
  const laptop = browser.copy()

  cluster.partition([a], [b])
  await browser.post(a, '/cart/milk')
  await cluster.advance(1000)
  await laptop.post(b, '/cart/bread')
  cluster.heal()
  await cluster.converged()

  // One attribute, written on both sides: one winner, everywhere the same, and the application is told.
  for (const node of cluster.nodes) {
    assert.deepEqual((await browser.copy().get(node, '/')).json(), { user: 'ada', cart: { bread: 1 } })
  }
  assert.deepEqual([...conflicts], ['cart'])
})

test('who comes back after three minutes of nothing is a stranger', async t => {
  const cluster = await createTestCluster(2, { app: makeApp, manager: { maxInactiveInterval: 60 } })
  t.after(() => cluster.stop())
  const browser = cluster.browser()
  await browser.post(0, '/login/ada')

  await cluster.advance(180_000)

  assert.deepEqual((await browser.get(1, '/')).json(), { cart: {} })
})
