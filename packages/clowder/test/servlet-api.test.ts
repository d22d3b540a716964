import type { IncomingMessage } from 'node:http'
import t from 'tap'
import { type ClusterOptions, HttpSession, type SessionListener } from '../src/index.js'
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
