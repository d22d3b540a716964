import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import t from 'tap'
import { AppProcess } from '../support/app-process.js'
import { Client } from '../support/client.js'
import { freshMulticastPort, nodeOptions, startCluster } from '../support/test-cluster.js'

t.test('two nodes that start in the same instant see each other and hold the same sessions', async t => {
  const apps = await startCluster(['n1', 'n2'])
  t.teardown(() => Promise.all(apps.map(app => app.destroy())))
  const client = new Client()
  t.teardown(() => client.close())
  await client.get(apps[0]!, '/count')
  t.equal((await client.get(apps[1]!, '/count')).body.count, 2)
})

t.test('ten nodes that start in the same instant: all see all', async t => {
  const names = Array.from({ length: 10 }, (_, i) => `n${i}`)
  const apps = await startCluster(names)
  t.teardown(() => Promise.all(apps.map(app => app.destroy())))
  for (const app of apps) {
    const others = names.filter(name => name !== app.name)
    t.strictSame((await app.ask<string[]>('members')).sort(), others, app.name)
  }
})

t.test('two clusters on one group and port stay strangers', async t => {
  const port = freshMulticastPort()
  const red = await startCluster(['r1', 'r2'], { name: 'red' }, port)
  const blue = await startCluster(['b1', 'b2'], { name: 'blue' }, port)
  t.teardown(() => Promise.all([...red, ...blue].map(app => app.destroy())))
  t.strictSame(await red[0]!.ask('members'), ['r2'])
  t.strictSame(await blue[1]!.ask('members'), ['b1'])
})

t.test('without multicast, a list of members is enough', async t => {
  // Below those that the system gives to outgoing connections: any other test may have one.
  const base = 20_000 + ((process.pid * 13) % 10_000)
  const members = [`127.0.0.1:${base}`, `127.0.0.1:${base + 1}`]
  const extra = (port: number) => ({ membership: { multicast: false, members }, receiver: { port, autoBind: 1 } })
  const apps = ['n1', 'n2'].map(
    (name, i) => new AppProcess(name, { cluster: nodeOptions(name, freshMulticastPort(), extra(base + i)) }),
  )
  t.teardown(() => Promise.all(apps.map(app => app.destroy())))
  await Promise.all(apps.map(app => app.started()))
  const [n1, n2] = apps as [AppProcess, AppProcess]
  if (!(await n1.ask<string[]>('members')).includes('n2')) await n1.memberAdded('n2')
  if (!(await n2.ask<string[]>('members')).includes('n1')) await n2.memberAdded('n1')
  const client = new Client()
  t.teardown(() => client.close())
  await client.get(n1, '/count')
  t.equal((await client.get(n2, '/count')).body.count, 2)
})

t.test('a taken port makes the node take the next; a range that is taken is an error that says what to do', async t => {
  const blocker = createServer()
  blocker.listen(0, '127.0.0.1')
  await once(blocker, 'listening')
  t.teardown(() => blocker.close())
  const { port } = blocker.address() as { port: number }
  const multicast = freshMulticastPort()
  const moved = new AppProcess('moved', {
    cluster: nodeOptions('moved', multicast, { receiver: { port, autoBind: 10 } }),
  })
  const stuck = new AppProcess('stuck', {
    cluster: nodeOptions('stuck', multicast, { receiver: { port, autoBind: 1 } }),
  })
  t.teardown(() => Promise.all([moved.destroy(), stuck.destroy()]))
  await moved.started()
  const inspected = await moved.ask<{ localMember: { port: number } }>('inspect')
  t.ok(inspected.localMember.port > port && inspected.localMember.port < port + 10)
  const error = await stuck.failed()
  t.equal(error.code, 'TRIBES_NO_FREE_PORT')
  t.match(error.message, String(port))
  t.equal(await stuck.ended(), 1)
})

t.test('garbage on both ports disturbs nobody', async t => {
  const multicast = freshMulticastPort()
  const apps = await startCluster(['n1', 'n2'], {}, multicast)
  t.teardown(() => Promise.all(apps.map(app => app.destroy())))
  const [n1, n2] = apps as [AppProcess, AppProcess]
  const { localMember } = await n1.ask<{ localMember: { port: number } }>('inspect')
  const datagrams = createSocket('udp4')
  datagrams.bind(0, '127.0.0.1')
  await once(datagrams, 'listening')
  datagrams.setMulticastInterface('127.0.0.1')
  for (let n = 0; n < 500; n++) {
    const junk = Buffer.from(Array.from({ length: 1 + ((n * 37) % 1200) }, (_, i) => (n * 131 + i * 17) % 256))
    await new Promise(resolve => datagrams.send(junk, multicast, '228.0.0.4', resolve))
    await new Promise<void>(resolve => {
      const stream = connect(localMember.port, '127.0.0.1', () => stream.write(junk))
      stream.on('error', () => {})
      stream.on('close', () => resolve())
      if (n % 3 === 0) stream.on('connect', () => stream.end())
      else stream.on('connect', () => stream.destroySoon())
    })
  }
  datagrams.close()
  const client = new Client()
  t.teardown(() => client.close())
  await client.get(n1, '/count')
  t.equal((await client.get(n2, '/count')).body.count, 2)
  t.strictSame(await n1.ask('members'), ['n2'])
  t.notOk(
    [...n1.messages, ...n2.messages].some(m => m.type === 'memberDisappeared'),
    'no member was lost',
  )
})
