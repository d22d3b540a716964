import type { IncomingMessage } from 'node:http'
import t from 'tap'
import {
  type BindingEvent,
  type ClusterOptions,
  HttpSession,
  type Session,
  type SessionListener,
} from '../src/index.js'
import { createTestCluster, type TestBrowser } from '../src/testing/index.js'

type Handler = (session: HttpSession, req: IncomingMessage) => unknown

/** Nodes whose one handler is what a test hands to `ask`. */
async function started(t: { teardown(stop: () => unknown): void }, options: ClusterOptions = {}) {
  let handler: Handler = () => undefined
  const cluster = await createTestCluster(2, {
    ...options,
    app: cluster =>
      cluster.nodeHttp(async (req, res) => {
        const answer = await handler(new HttpSession(req.session), req)
        res.end(JSON.stringify(answer ?? null))
      }),
  })
  t.teardown(() => cluster.stop())
  const browser = cluster.browser()
  const ask = async (node: number, does: Handler, by: TestBrowser = browser) => {
    handler = does
    return (await by.get(node, '/')).json()
  }
  return { cluster, ask, browser }
}

/** What a listener hears, a line each. */
function recorded(): { readonly lines: string[]; readonly listener: SessionListener } {
  const lines: string[] = []
  const from = (local: boolean) => (local ? 'here' : 'there')
  const listener: SessionListener = {
    sessionCreated: ({ local }) => lines.push(`created ${from(local)}`),
    sessionDestroyed: e => lines.push(`${e.reason} ${from(e.local)} ${JSON.stringify(e.attributes())}`),
    sessionIdChanged: (e, oldId) => lines.push(`id ${from(e.local)} ${e.id !== oldId}`),
    attributeAdded: e => lines.push(`added ${e.name} ${e.value()} ${from(e.local)}`),
    attributeReplaced: e => lines.push(`replaced ${e.name} ${e.previous()} ${e.value()} ${from(e.local)}`),
    attributeRemoved: e => lines.push(`removed ${e.name} ${e.previous()} ${from(e.local)}`),
  }
  return { lines, listener }
}

t.test('the verbs of HttpSession and the properties of req.session are one state', async t => {
  const { ask } = await started(t)
  const first = await ask(0, (session, req) => {
    Object.assign(req.session, { plain: 1, gone: 2 })
    session.setAttribute('verb', { n: 1 })
    session.removeAttribute('gone')
    session.setMaxInactiveInterval(60)
    return [session.isNew(), session.getAttributeNames(), session.getAttribute('plain'), { ...req.session }]
  })
  t.strictSame(first, [true, ['plain', 'verb'], 1, { plain: 1, verb: { n: 1 } }])
  const second = await ask(1, (session, req) => {
    const verb = session.getAttribute('verb') as { n: number }
    verb.n++
    session.setAttribute('plain', null)
    const ages = [session.getCreationTime(), session.getLastAccessedTime()].map(ms => Math.abs(ms - Date.now()))
    const { maxInactiveInterval, id } = req.session
    const same = [session.getId() === id, session.getMaxInactiveInterval() === maxInactiveInterval]
    return [session.isNew(), same, maxInactiveInterval, { ...req.session }, ages.map(Number.isFinite)]
  })
  t.strictSame(second, [false, [true, true], 60, { verb: { n: 2 } }, [true, true]])
  t.strictSame(await ask(0, (_session, req) => ({ ...req.session })), { verb: { n: 2 } })
  t.equal(await ask(0, session => session.getAttribute('toString')), null, 'inherited members are no attributes')
})

t.test('a name that req.session has for itself is refused, and stays what it was', async t => {
  const { ask } = await started(t)
  const code = await ask(0, session => {
    try {
      return session.setAttribute('principal', 'eve')
    } catch (error) {
      return (error as { code: string }).code
    }
  })
  t.equal(code, 'HTTP_RESERVED_ATTRIBUTE')
})

t.test(
  'after invalidate every verb that a servlet may not call throws; on other nodes the session is gone',
  async t => {
    const { ask, cluster, browser } = await started(t)
    await ask(0, session => session.setAttribute('a', 1))
    const before = browser.copy()
    const codes = await ask(0, (session, req) => {
      session.invalidate()
      const verbs: (() => unknown)[] = [
        () => session.isNew(),
        () => session.getCreationTime(),
        () => session.getLastAccessedTime(),
        () => session.setMaxInactiveInterval(1),
        () => session.getAttribute('a'),
        () => session.getAttributeNames(),
        () => session.setAttribute('a', 2),
        () => session.removeAttribute('a'),
        () => session.changeSessionId(),
        () => session.invalidate(),
        () => new HttpSession(req.session),
        () => [session.getId(), session.getMaxInactiveInterval()],
      ]
      return verbs.map(verb => {
        try {
          verb()
          return 'fine'
        } catch (error) {
          return (error as { code: string }).code
        }
      })
    })
    t.strictSame(codes, [...Array(10).fill('HA_SESSION_INVALIDATED'), 'HTTP_NO_SESSION', 'fine'])
    await cluster.converged()
    t.strictSame(await ask(1, session => session.getAttributeNames(), before), [])
  },
)

t.test('changeSessionId keeps the data; the old id is dead on every node', async t => {
  const { ask, browser } = await started(t)
  await ask(0, session => session.setAttribute('a', 1))
  const thief = browser.copy()
  const ids = await ask(0, session => [session.getId(), session.changeSessionId()])
  const [oldId, newId] = ids as [string, string]
  t.not(oldId, newId)
  t.strictSame(await ask(1, session => [session.getId(), session.getAttribute('a')]), [newId, 1])
  t.strictSame(await ask(1, session => session.getAttributeNames(), thief), [])
})

t.test(
  'listeners hear of sessions, attributes and ids here and there, and a new id is neither an end nor a beginning',
  async t => {
    const { ask, cluster } = await started(t)
    const [here, there] = [recorded(), recorded()]
    cluster.nodes[0].addListener(here.listener).addListener(here.listener)
    cluster.nodes[1].addListener(there.listener)
    await ask(0, session => {
      session.setAttribute('a', 1)
      session.setAttribute('b', 1)
    })
    await ask(0, session => {
      session.setAttribute('a', 2)
      session.setAttribute('b', 1)
    })
    await ask(0, session => {
      session.changeSessionId()
      session.removeAttribute('b')
      session.setAttribute('c', 3)
    })
    await ask(0, session => session.invalidate())
    await cluster.converged()
    const heard = (from: string) => [
      `created ${from}`,
      `added a 1 ${from}`,
      `added b 1 ${from}`,
      `replaced a 1 2 ${from}`,
      `added c 3 ${from}`,
      `removed b 1 ${from}`,
      `id ${from} true`,
      `invalidated ${from} {"a":2,"c":3}`,
    ]
    t.strictSame(here.lines, heard('here'))
    t.strictSame(there.lines, heard('there'))
    cluster.nodes[0].removeListener(here.listener)
    await ask(0, session => session.setAttribute('a', 1))
    t.equal(here.lines.length, heard('here').length, 'a listener that was removed hears nothing')
  },
)

t.test('a session that expires is destroyed, with its attributes; one node is the one to tell', async t => {
  const { ask, cluster } = await started(t)
  const heard = cluster.nodes.map(node => {
    const { lines, listener } = recorded()
    node.addListener(listener)
    return lines
  })
  await ask(0, session => {
    session.setAttribute('a', 1)
    session.setMaxInactiveInterval(10)
  })
  await cluster.advance(60_000)
  const ends = heard.map(lines => lines.filter(line => line.startsWith('expired')))
  t.strictSame(ends.flat().sort(), ['expired here {"a":1}', 'expired there {"a":1}'])
})

t.test('each option silences one kind of listener about what other nodes did', async t => {
  const kinds = {
    notifyListenersOnReplication: /added|replaced/,
    notifySessionListenersOnReplication: /created|invalid/,
  }
  for (const [option, silenced] of Object.entries(kinds)) {
    const { ask, cluster } = await started(t, { manager: { [option]: false } })
    const [here, there] = [recorded(), recorded()]
    cluster.nodes[0].addListener(here.listener)
    cluster.nodes[1].addListener(there.listener)
    await ask(0, session => session.setAttribute('a', 1))
    await ask(0, session => session.invalidate())
    await cluster.converged()
    t.equal(here.lines.length, 3)
    t.equal(there.lines.length, option === 'notifyListenersOnReplication' ? 2 : 1)
    t.notMatch(there.lines.join(), silenced, option)
  }
})

t.test(
  'a listener that throws or rejects is logged, and disturbs neither the request nor the next listener',
  async t => {
    const errors: string[] = []
    const silent = () => undefined
    const logger = { debug: silent, info: silent, warn: silent, error: (_: unknown, text: string) => errors.push(text) }
    const { ask, cluster } = await started(t, { logger })
    const next = recorded()
    cluster.nodes[0]
      .addListener({
        sessionCreated: () => {
          throw new Error('a bug')
        },
        attributeAdded: async () => {
          throw new Error('another')
        },
      })
      .addListener(next.listener)
    await ask(0, session => session.setAttribute('a', 1))
    t.equal(await ask(1, session => session.getAttribute('a')), 1)
    t.strictSame(next.lines, ['created here', 'added a 1 here'])
    t.match(errors, [/listener of sessionCreated failed/, /listener of attributeAdded failed/])
  },
)

t.test(
  'values that stay on their node are told when they are bound and unbound, also by the end of the session',
  async t => {
    const { ask, cluster } = await started(t, { manager: { sessionAttributeNameFilter: '[^_].*' } })
    const told: string[] = []
    const value = (label: string) => ({
      valueBound: ({ name }: BindingEvent) => told.push(`${label} bound to ${name}`),
      valueUnbound: ({ name }: BindingEvent) => told.push(`${label} unbound from ${name}`),
    })
    const kept = value('first')
    await ask(0, session => session.setAttribute('_it', kept))
    await ask(0, session => session.setAttribute('_it', session.getAttribute('_it')))
    t.strictSame(told, ['first bound to _it'])
    await ask(0, session => session.setAttribute('_it', value('second')))
    t.strictSame(told.splice(0), ['first bound to _it', 'second bound to _it', 'first unbound from _it'])
    t.equal(await ask(1, session => session.getAttribute('_it')), null, 'not there')
    await ask(0, session => session.changeSessionId())
    t.strictSame(told, [], 'a new id unbinds nothing')
    await ask(0, session => session.setAttribute('_other', value('third')))
    await ask(0, session => session.removeAttribute('_other'))
    t.strictSame(told.splice(0), ['third bound to _other', 'third unbound from _other'])
    await ask(1, session => session.invalidate())
    await cluster.converged()
    t.strictSame(told.splice(0), ['second unbound from _it'], 'ended by another node')
    await ask(0, session => {
      session.setAttribute('_it', value('fourth'))
      session.setAttribute('a', 1)
      session.setMaxInactiveInterval(10)
    })
    await cluster.advance(60_000)
    t.strictSame(told, ['fourth bound to _it', 'fourth unbound from _it'], 'expired')
  },
)

t.test('a value with functions that would have to be replicated is refused', async t => {
  const refused: unknown[] = []
  const { ask } = await started(t, { valve: { onRefused: error => void refused.push(error.code) } })
  await ask(0, session => session.setAttribute('it', { valueBound: () => t.fail('it is not bound') }))
  t.strictSame(refused, ['HA_UNSERIALIZABLE_VALUE'])
})

t.test('an attribute whose type changes to one that is replicated is replicated, and read everywhere', async t => {
  const { ask } = await started(t, { manager: { sessionAttributeValueTypeFilter: 'string' } })
  await ask(0, session => session.setAttribute('a', new Map()))
  await ask(0, session => session.setAttribute('a', 'text'))
  t.equal(await ask(0, session => session.getAttribute('a')), 'text')
  t.equal(await ask(1, session => session.getAttribute('a')), 'text')
})

t.test('principal and auth type are replicated beside the attributes, under the new id', async t => {
  const { ask } = await started(t)
  await ask(0, session => session.setAttribute('a', 1))
  await ask(0, (session, req) => {
    session.changeSessionId()
    req.session.setPrincipal({ name: 'ada' }, 'FORM')
  })
  const seen: Handler = (session, req) => [session.getAttributeNames(), req.session.principal, req.session.authType]
  t.strictSame(await ask(1, seen), [['a'], { name: 'ada' }, 'FORM'])
  await ask(1, (_session, req) => req.session.setPrincipal(undefined))
  t.strictSame(await ask(0, seen), [['a'], null, null])
  const refusal = await ask(0, async (_session, req) => {
    req.session.setPrincipal({ can: () => true })
    return req.session.save().catch(error => error.path)
  })
  t.equal(refusal, 'principal.can')
})

t.test('a session is primary on the node that changed it last', async t => {
  const { ask } = await started(t)
  t.equal(await ask(0, (_session, req) => req.session.isPrimary), true)
  await ask(0, session => session.setAttribute('a', 1))
  const isPrimary: Handler = (_session, req) => req.session.isPrimary
  t.strictSame([await ask(0, isPrimary), await ask(1, isPrimary)], [true, false])
  await ask(1, session => session.setAttribute('a', 2))
  t.strictSame([await ask(0, isPrimary), await ask(1, isPrimary)], [false, true])
})

t.test(
  'a request of one application reaches the session of another one, and both are told to their own listeners',
  async t => {
    const cookie = { name: 'admin.sid', path: '/' }
    const cluster = await createTestCluster(2, {
      applications: { admin: { cookie } },
      app: cluster => {
        const admin = cluster.application('admin')
        const inAdmin = admin.nodeHttp((req, res) => {
          Object.assign(req.session, { role: 'root' })
          res.end('null')
        })
        const inShop = cluster.nodeHttp(async (req, res) => {
          const other = (await admin.session(req)) as (Session & { visits?: number }) | undefined
          Object.assign(req.session, { shop: 1 })
          if (other) Object.assign(other, { visits: (other.visits ?? 0) + 1 })
          await other?.save()
          res.end(JSON.stringify(other ?? null))
        })
        return (req, res) => (req.url === '/admin' ? inAdmin(req, res) : inShop(req, res))
      },
    })
    t.teardown(() => cluster.stop())
    const [shop, admin] = [recorded(), recorded()]
    cluster.nodes[0].addListener(shop.listener)
    cluster.nodes[0].application('admin').addListener(admin.listener)
    const browser = cluster.browser()
    t.equal((await browser.get(0, '/')).json(), null, 'not been there')
    await browser.get(0, '/admin')
    t.strictSame((await browser.get(1, '/')).json(), { role: 'root', visits: 1 })
    t.strictSame((await browser.get(0, '/')).json(), { role: 'root', visits: 2 })
    t.strictSame(shop.lines, ['created here', 'added shop 1 here'])
    t.strictSame(admin.lines, [
      'created here',
      'added role root here',
      'added visits 1 there',
      'replaced visits 1 2 here',
    ])
    cluster.nodes[0].application('admin').removeListener(admin.listener)
  },
)

t.test('with the option statistics the valve tells what it has counted, once in a hundred requests', async t => {
  const infos: string[] = []
  const silent = () => undefined
  const logger = { debug: silent, info: (_: unknown, text: string) => infos.push(text), warn: silent, error: silent }
  const { ask } = await started(t, { logger, valve: { statistics: true } })
  for (let n = 0; n < 101; n++) await ask(0, session => (n === 0 ? session.setAttribute('a', 1) : undefined))
  t.strictSame(
    infos.filter(text => /statistics/.test(text)),
    ['ReplicationValve statistics: nrOfRequests=100 nrOfSendRequests=1'],
  )
})
