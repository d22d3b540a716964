// A small application for the integration tests, in a process of its own: options come in the first argument, what happens goes out by IPC.
import { createServer } from 'node:http'
import { createCluster } from 'clowder'

const options = JSON.parse(process.argv[2])
const logged = level => (_fields, message) => process.connected && process.send({ type: 'log', level, message })
const logger = { debug() {}, info: logged('info'), warn: logged('warn'), error: logged('error') }

const routes = {
  '/set': (req, url) => {
    req.session[url.searchParams.get('name')] = JSON.parse(url.searchParams.get('value'))
    return {}
  },
  '/get': req => ({ ...req.session }),
  '/count': req => {
    req.session.count = (req.session.count ?? 0) + 1
    return { count: req.session.count }
  },
  '/add': async req => {
    const { count = 0 } = req.session
    await new Promise(resolve => setImmediate(resolve))
    req.session.count = count + 1
    return { count: count + 1 }
  },
  '/nested': (req, url) => {
    req.session.user ??= { tags: [] }
    req.session.user.tags.push(url.searchParams.get('tag'))
    return { tags: req.session.user.tags }
  },
  '/destroy': async req => {
    await req.session.destroy()
    return {}
  },
  '/regenerate': async req => {
    await req.session.regenerate()
    req.session.user = 'again'
    return {}
  },
  '/function': req => {
    req.session.good = 1
    req.session.bad = { inner: { call: () => {} } }
    return {}
  },
  '/untouched': () => ({ untouched: true }),
}

function answer(req, res) {
  const url = new URL(req.url, 'http://app')
  const route = routes[url.pathname]
  Promise.resolve()
    .then(() => route(req, url))
    .then(body => {
      const session = url.pathname === '/untouched' ? undefined : req.session
      res.setHeader('content-type', 'application/json')
      res.end(
        JSON.stringify({ ...body, id: session?.id, stale: session?.isStale ?? false, node: options.cluster.jvmRoute }),
      )
    })
    .catch(error => {
      res.statusCode = 500
      res.end(JSON.stringify({ error: error.stack }))
    })
}

/** What a test asks of this process: `{ask, number, ...}` is answered with `{type: 'answer', number, value}`. */
const asks = {
  inspect: () => cluster.inspect(),
  cpuMs: () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1000
  },
  members: () => cluster.members().map(m => m.name),
  digest: () => cluster.manager.digest(),
  sessions: () => cluster.manager.inspect().sessions,
  bulk: ({ count, bytes }) => {
    const ids = []
    for (let i = 0; i < count; i++) {
      const session = cluster.manager.createSession()
      session.setAttribute('payload', 'x'.repeat(bytes))
      cluster.manager.requestCompleted(session, 'async')
      ids.push(session.id)
    }
    return ids.length
  },
  keys: () => cluster.keyring.list(),
  addKey: ({ secret }) => cluster.keyring.addKey(secret),
  useKey: async ({ id }) => {
    await cluster.keyring.useKey(id)
    return true
  },
  removeKey: ({ id }) => cluster.keyring.removeKey(id),
  stop: async () => {
    await new Promise(resolve => {
      server.close(resolve)
      server.closeIdleConnections()
    })
    await cluster.stop()
    return true
  },
}

/** Whoever asked is gone. After a stop it must end by itself instead. */
const abandoned = () => process.exit()
process.on('disconnect', abandoned)

let cluster
const server = createServer()
process.on('message', async ask => {
  const value = await asks[ask.ask](ask)
  process.send({ type: 'answer', number: ask.number, value })
  if (ask.ask === 'stop') process.off('disconnect', abandoned).disconnect()
})
try {
  cluster = await createCluster({ ...options.cluster, logger })
  cluster.on('memberAdded', member => process.send({ type: 'memberAdded', name: member.name }))
  cluster.on('memberDisappeared', member => process.send({ type: 'memberDisappeared', name: member.name }))
  cluster.on('keyChanged', key => process.send({ type: 'keyChanged', ...key }))
  cluster.on('conflict', event =>
    process.send({ type: 'conflict', name: event.name, kept: event.kept(), dropped: event.dropped() }),
  )
  server.on('request', cluster.nodeHttp(answer))
  server.listen(0, '127.0.0.1', () => process.send({ type: 'ready', port: server.address().port }))
} catch (error) {
  process.send({ type: 'failed', code: error.code, message: error.message })
  process.exitCode = 1
  process.disconnect()
}
