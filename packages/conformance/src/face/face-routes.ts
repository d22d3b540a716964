import type { FaceAnswer, FaceApplication, FaceVisit } from './face-under-test.js'
import type { Gates } from './gates.js'

interface RouteCall {
  readonly visit: FaceVisit
  readonly query: URLSearchParams
  readonly gates: Gates
}

type Route = (call: RouteCall) => FaceAnswer | Promise<FaceAnswer>

/** The application that all cases ask. */
const routes: Readonly<Record<string, Route>> = {
  '/read': ({ visit }) => json(attributesOf(visit)),
  '/untouched': () => json('untouched'),
  '/id': ({ visit }) => json(visit.id() ?? null),
  '/count': ({ visit }) => {
    const session = here(visit)
    session.count = Number(session.count ?? 0) + 1
    return json(session.count)
  },
  '/set': ({ visit, query }) => {
    for (const [name, value] of query) here(visit)[name] = JSON.parse(value)
    return json(attributesOf(visit))
  },
  '/remove': ({ visit, query }) => {
    for (const name of query.keys()) delete here(visit)[name]
    return json(attributesOf(visit))
  },
  '/push': ({ visit, query }) => {
    ;(here(visit).list as unknown[]).push(...query.values())
    return json(attributesOf(visit))
  },
  '/login': async ({ visit, query }) => {
    await visit.regenerate()
    here(visit).user = query.get('user')
    return json(visit.id())
  },
  '/logout': async ({ visit }) => {
    await visit.destroy()
    return json(visit.session() ?? null)
  },
  '/unset': ({ visit }) => {
    here(visit).last = true
    visit.unset()
    return json(visit.session() ?? null)
  },
  '/write': ({ visit, query }) => {
    here(visit).written = query.get('n')
    return { kind: 'redirect', to: '/read' }
  },
  '/empty': ({ visit }) => {
    here(visit).empty = true
    return { kind: 'empty' }
  },
  '/throw': ({ visit }) => {
    here(visit).thrown = true
    throw new Error('a handler threw')
  },
  '/status': ({ visit }) => {
    here(visit).refused = true
    return { kind: 'json', json: null, status: 404 }
  },
  '/own-cookie': ({ visit }) => {
    here(visit).own = true
    return { kind: 'json', json: null, setCookie: 'theme=dark; Path=/' }
  },
  '/save': async ({ visit, gates }) => {
    here(visit).saved = true
    await visit.save()
    await gates.pass()
    return json(null)
  },
  '/reload': async ({ visit, gates }) => {
    here(visit).mine = true
    await gates.pass()
    await visit.reload()
    return json(attributesOf(visit))
  },
  '/slow': async ({ visit, query, gates }) => {
    for (const [name, value] of query) here(visit)[name] = JSON.parse(value)
    await gates.pass()
    return json(attributesOf(visit))
  },
  '/stream': ({ visit, gates }) => {
    here(visit).early = true
    return { kind: 'stream', parts: partsOf(visit, gates) }
  },
  '/late': ({ visit }) => ({ kind: 'stream', parts: lateParts(visit) }),
}

export function applicationOf(gates: Gates): FaceApplication {
  return async (url, visit) => {
    const { pathname, searchParams: query } = new URL(url, 'http://localhost')
    const route = routes[pathname]
    if (!route) throw new Error(`there is no route ${pathname}`)
    return route({ visit, query, gates })
  }
}

async function* partsOf(visit: FaceVisit, gates: Gates): AsyncGenerator<string> {
  yield 'first '
  await gates.pass()
  here(visit).late = true
  yield 'last'
}

async function* lateParts(visit: FaceVisit): AsyncGenerator<string> {
  yield 'first '
  // The headers are out by now.
  await new Promise(resolve => setTimeout(resolve, 20))
  here(visit).tooLate = true
  yield 'last'
}

function here(visit: FaceVisit) {
  const session = visit.session()
  if (!session) throw new Error('this request has no session')
  return session
}

/** Null: there is no session. */
function attributesOf(visit: FaceVisit): object | null {
  const session = visit.session()
  if (!session) return null
  const { cookie: _, ...attributes } = session
  return attributes
}

function json(value: unknown): FaceAnswer {
  return { kind: 'json', json: value ?? null }
}
