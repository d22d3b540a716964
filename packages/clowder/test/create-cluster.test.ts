import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import type { Network } from '@clowder/tribes'
import t from 'tap'
import { createCluster } from '../src/create-cluster.js'
import type { ClusterOptions } from '../src/options/cluster-options.js'
import { get, isolated, memberCount, serve, startMembers } from './support/test-node.js'

const APP = fileURLToPath(new URL('support/app.mjs', import.meta.url))

type Attributes = Record<string, unknown>
const attributes = (req: IncomingMessage) => req.session as unknown as Attributes

t.test('two members in one process', async t => {
  const [a, b] = await startMembers(['a', 'b'], isolated('pair'))
  if (!a || !b) throw new Error('two members were started')
  t.teardown(() => Promise.all([a.stop(), b.stop()]))

  t.test('find each other', async t => {
    t.strictSame(
      a.members().map(m => m.name),
      ['b'],
    )
    t.strictSame(
      b.members().map(m => m.name),
      ['a'],
    )
    t.equal(a.localMember().name, 'a')
    t.equal(a.localMember().host, '127.0.0.1')
  })

  t.test('share what a request wrote', async t => {
    const writer = await serve(a, 'express', req => {
      attributes(req).user = { name: 'Ada', since: new Date(0), tags: new Set(['x']) }
    })
    const reader = await serve(b, 'nodeHttp', req => {
      const user = attributes(req).user as { name: string; since: Date; tags: Set<string> }
      return { name: user.name, year: user.since.getUTCFullYear(), tags: [...user.tags] }
    })
    t.teardown(() => [writer, reader].map(server => server.close()))
    const { cookie } = await get(writer)
    t.match(cookie, /^clowder\.sid=/)
    t.strictSame((await get(reader, cookie)).body, { name: 'Ada', year: 1970, tags: ['x'] })
  })

  t.test('tell the same events, each with who did it', async t => {
    const here = new Promise(resolve => a.on('sessionCreated', resolve))
    const there = new Promise(resolve => b.on('sessionCreated', resolve))
    const server = await serve(a, 'express', req => {
      attributes(req).n = 1
    })
    t.teardown(() => server.close())
    await get(server)
    t.match(await here, { local: true })
    t.match(await there, { local: false })
  })

  t.test('a listener that throws or rejects disturbs nobody', async t => {
    const heard: string[] = []
    const throwing = () => {
      throw new Error('mine')
    }
    const rejecting = async () => throwing()
    const counting = () => void heard.push('counting')
    a.on('sessionCreated', throwing)
      .on('sessionCreated', rejecting)
      .on('sessionCreated', counting)
      .on('sessionCreated', counting)
    const commit = () => {
      const session = a.manager.createSession()
      session.setAttribute('n', 1)
      a.manager.requestCompleted(session, 'async')
    }
    commit()
    t.strictSame(heard, ['counting'], 'and one that was added twice is called once')
    a.off('sessionCreated', throwing)
      .off('sessionCreated', rejecting)
      .off('sessionCreated', counting)
      .off('sessionCreated', counting)
    commit()
    t.strictSame(heard, ['counting'])
  })

  t.test('inspect is plain data', async t => {
    const inspected = a.inspect()
    t.match(JSON.parse(JSON.stringify(inspected)), {
      name: 'pair',
      state: 'ready',
      distributable: true,
      localMember: { name: 'a', host: '127.0.0.1' },
      members: [{ name: 'b' }],
      manager: { state: 'ready', sessions: Number },
      channel: { messagesSent: Number },
      dispatch: { queuedBytes: Number },
      transport: { messagesSent: Number, bytesSent: Number },
      multicast: { sent: Number },
      valve: { nrOfRequests: Number },
    })
  })

  t.test('stop says goodbye, however often it is called', async t => {
    const alone = memberCount(a, 0)
    const first = b.stop()
    t.equal(b.state, 'stopping')
    t.equal(b.stop(), first)
    await first
    await alone
    t.equal(b.state, 'stopped')
    t.match(b.inspect(), { state: 'stopped', localMember: { name: 'b' }, members: [] })
  })
})

t.test('a member that comes later has the sessions before createCluster resolves', async t => {
  const options = { ...isolated('later') }
  const first = await createCluster({ ...options, jvmRoute: 'first' })
  t.teardown(() => first.stop())
  for (let i = 0; i < 100; i++) {
    const session = first.manager.createSession()
    session.setAttribute('i', i)
    first.manager.requestCompleted(session, 'async')
  }
  const second = await createCluster({
    ...options,
    membership: { ...options.membership, discoveryTime: 500 },
    jvmRoute: 'second',
  })
  t.teardown(() => second.stop())
  t.equal(second.inspect().manager.sessions, 100)
  t.equal(second.manager.digest(), first.manager.digest())
})

t.test('members are found by a list, without multicast', async t => {
  const options: ClusterOptions = { ...isolated('listed'), receiver: { port: 0 } }
  const first = await createCluster({
    ...options,
    membership: { multicast: false, members: ['127.0.0.1:9'] },
    jvmRoute: 'a',
  })
  t.teardown(() => first.stop())
  const members = [`127.0.0.1:${first.localMember().port}`]
  const second = await createCluster({ ...options, membership: { multicast: false, members }, jvmRoute: 'b' })
  t.teardown(() => second.stop())
  await Promise.all([memberCount(first, 1), memberCount(second, 1)])
  t.equal(first.members()[0]?.name, 'b')
})

t.test('clusters of different names on one multicast port do not meet', async t => {
  const options = isolated('one')
  const [a, b, other] = await Promise.all([
    createCluster({ ...options, jvmRoute: 'a' }),
    createCluster({ ...options, jvmRoute: 'b' }),
    createCluster({ ...options, name: 'another', jvmRoute: 'x' }),
  ])
  t.teardown(() => Promise.all([a.stop(), b.stop(), other.stop()]))
  await Promise.all([memberCount(a, 1), memberCount(b, 1)])
  t.strictSame(other.members(), [])
})

t.test('distributable: false has the same API and touches no network', async t => {
  const touched = () => {
    throw new Error('the network was touched')
  }
  const network: Network = {
    joinMulticast: touched,
    listen: touched,
    connect: touched,
    resolve: touched,
    hostAddresses: touched,
  }
  const cluster = await createCluster({ distributable: false, logger: false, jvmRoute: 'n1' }, { network })
  const server = await serve(cluster, 'nodeHttp', req => {
    attributes(req).n = Number(attributes(req).n ?? 0) + 1
    return attributes(req).n
  })
  t.teardown(() => server.close())
  const { cookie, body } = await get(server)
  t.equal(body, 1)
  t.match(cookie, /\.n1$/, 'the cookie has the route')
  t.equal((await get(server, cookie)).body, 2)
  t.strictSame(cluster.members(), [])
  t.match(cluster.inspect(), { distributable: false, state: 'ready', members: [], manager: { sessions: 1 } })
  await cluster.stop()
})

t.test('bad options are refused before anything is started', async t => {
  const network = {} as Network
  await t.rejects(
    createCluster({ manager: { maxInactiveInterval: 'long' } } as unknown as ClusterOptions, { network }),
    {
      code: 'CLOWDER_BAD_OPTIONS',
    },
  )
  await t.rejects(createCluster({ receiver: { address: '0.0.0.0' } }, { network }), {
    code: 'CLOWDER_INSECURE_ADDRESS',
  })
})

t.test('a cluster that cannot bind rejects, and leaves nothing running', async t => {
  const taken = createTcpServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  const { port } = taken.address() as AddressInfo
  const starting = createCluster({ ...isolated('taken'), receiver: { port, autoBind: 1 } })
  await t.rejects(starting, { code: 'TRIBES_NO_FREE_PORT' })
  taken.close()
})

t.test('a process whose work is done ends by itself', async t => {
  for (const end of ['leave', 'stop']) {
    const child = fork(APP, [JSON.stringify(appOptions('idle')), end], { execArgv: [] })
    const [message] = await once(child, 'message')
    t.equal(message.state, end === 'stop' ? 'stopped' : 'ready')
    t.strictSame(await once(child, 'exit'), [0, null], end)
  }
})

t.test('stopOnSignal says goodbye, and then the signal ends the process', async t => {
  const options = appOptions('signalled')
  const cluster = await createCluster({ ...options, logger: false })
  t.teardown(() => cluster.stop())
  const child = fork(APP, [JSON.stringify({ ...options, stopOnSignal: true }), 'stay'], { execArgv: [] })
  t.teardown(() => child.kill('SIGKILL'))
  await Promise.all([once(child, 'message'), memberCount(cluster, 1)])
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await memberCount(cluster, 0)
  t.strictSame(await exit, [null, 'SIGTERM'])
})

/** As JSON: what a child process is given. */
function appOptions(name: string): ClusterOptions {
  const { logger, ...options } = isolated(name)
  return options
}
