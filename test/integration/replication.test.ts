import t from 'tap'
import type { AppProcess } from '../support/app-process.js'
import { Client } from '../support/client.js'
import { startCluster } from '../support/test-cluster.js'

t.test('three processes that share their sessions', async t => {
  const apps = await startCluster(['n1', 'n2', 'n3'])
  const [n1, n2, n3] = apps as [AppProcess, AppProcess, AppProcess]
  t.teardown(() => Promise.all(apps.map(app => app.destroy())))

  t.test('a counter counts on, whichever node answers', async t => {
    const client = new Client()
    t.teardown(() => client.close())
    const ids = new Set<unknown>()
    for (let n = 1; n <= 30; n++) {
      const { body } = await client.get(apps[n % 3]!, '/count')
      t.equal(body.count, n)
      ids.add(body.id)
    }
    t.equal(ids.size, 1, 'the id stays')
  })

  t.test('1,000 new sessions written on one node and read at once on another: none lost, none stale', async t => {
    let lost = 0
    let stale = 0
    const work = Array.from({ length: 1_000 }, (_, n) => n)
    const worker = async () => {
      for (let n = work.pop(); n !== undefined; n = work.pop()) {
        const client = new Client()
        await client.get(n1, `/set?name=first&value=${n}`)
        const { body } = await client.get(n % 2 ? n2 : n3, '/get')
        if (body.first !== n) lost++
        if (body.stale) stale++
        client.close()
      }
    }
    await Promise.all(Array.from({ length: 16 }, worker))
    t.equal(lost, 0, 'lost first attributes')
    t.equal(stale, 0, 'stale answers')
  })

  t.test('parallel requests of one session that set different attributes on different nodes are both kept', async t => {
    const client = new Client()
    t.teardown(() => client.close())
    await client.get(n1, '/count')
    const cookie = client.cookie
    for (let round = 0; round < 50; round++) {
      const browsers = apps.map(() => Object.assign(new Client(), { cookie }))
      await Promise.all(browsers.map((b, i) => b.get(apps[i]!, `/set?name=a${i}&value=${round}`)))
      for (const [i, browser] of browsers.entries()) {
        const { body } = await browser.get(apps[(i + 1) % 3]!, '/get')
        t.equal(body[`a${i}`], round, `round ${round}: what the browser of n${i + 1} wrote`)
        browser.close()
      }
    }
    const { body } = await client.get(n2, '/get')
    t.match(body, { a0: 49, a1: 49, a2: 49 })
  })

  t.test('a change inside an object is found and replicated', async t => {
    const client = new Client()
    t.teardown(() => client.close())
    await client.get(n1, '/nested?tag=x')
    await client.get(n2, '/nested?tag=y')
    t.strictSame((await client.get(n3, '/nested?tag=z')).body.tags, ['x', 'y', 'z'])
  })

  t.test('a destroyed session is gone everywhere, whoever still has its cookie', async t => {
    const client = new Client()
    t.teardown(() => client.close())
    await client.get(n1, '/count')
    const old = client.cookie!
    await client.get(n2, '/destroy')
    for (const app of apps) {
      const thief = Object.assign(new Client(), { cookie: old })
      t.equal((await thief.get(app, '/count')).body.count, 1, `a fresh session on ${app.name}`)
      thief.close()
    }
  })

  t.test('after regenerate the old id is dead and the new one is everywhere', async t => {
    const client = new Client()
    t.teardown(() => client.close())
    const before = (await client.get(n1, '/count')).body.id
    const old = client.cookie!
    const after = (await client.get(n1, '/regenerate')).body.id
    t.not(after, before)
    t.equal((await client.get(n3, '/get')).body.user, 'again')
    const thief = Object.assign(new Client(), { cookie: old })
    t.not((await thief.get(n2, '/count')).body.id, before)
    thief.close()
  })

  t.test('a value that cannot be replicated is refused by its path; the rest of the request is kept', async t => {
    const client = new Client()
    t.teardown(() => client.close())
    await client.get(n1, '/function')
    await n1.logged(/bad\.inner\.call/)
    const { body } = await client.get(n2, '/get')
    t.equal(body.good, 1)
    t.notOk('bad' in body)
  })

  t.test('a request that does not touch its session gets no cookie', async t => {
    const client = new Client()
    t.teardown(() => client.close())
    t.equal((await client.get(n1, '/untouched')).setCookie, undefined)
  })

  t.test('the route is the last part of the cookie and follows the node that answers', async t => {
    const client = new Client()
    t.teardown(() => client.close())
    await client.get(n1, '/count')
    t.match(client.cookie, /\.n1$/)
    await client.get(n2, '/get')
    t.match(client.cookie, /\.n2$/)
  })

  t.test('all nodes end up with the same contents', async t => {
    const digests = await Promise.all(apps.map(app => app.ask<string>('digest')))
    t.equal(new Set(digests).size, 1)
  })
})
