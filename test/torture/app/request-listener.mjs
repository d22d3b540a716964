import { STATUS_CODES } from 'node:http'

const ENDED_MEANWHILE = ['HA_SESSION_INVALIDATED', 'HTTP_SESSION_GONE']
const NAMES = ['cart', 'step', 'user', 'ticket']

/** What a request may do with its session, in the order it names. Each returns nothing; what was written is noted with what was found there. */
const actions = {
  write({ session, request }, { name, version }) {
    request.wrote.push({ name, version, base: session()[name] ?? null })
    session()[name] = version
  },
  remove({ session, request }, { name }) {
    if (session()[name] === undefined) return
    request.wrote.push({ name, version: null, base: session()[name] })
    delete session()[name]
  },
  logout({ session, request }) {
    request.ended.push(session().id)
    return session().destroy()
  },
  regenerate({ session, request }) {
    request.ended.push(session().id)
    request.isRegenerated = true
    return session().regenerate()
  },
  changeId({ session, request }) {
    request.ended.push(session().id)
    session().changeId()
  },
  wait(_, { ms }) {
    return new Promise(resolve => setTimeout(resolve, ms))
  },
}

/** `GET /?request=…&actions=[…]`, the header `x-session` naming the session that the client believes to have. */
export function requestListener(cluster, requests) {
  const listener = cluster.nodeHttp((req, res) => {
    act(req, requests.getStore()).then(
      body => send(res, 200, body),
      error => send(res, 500, { error: String(error.stack ?? error) }),
    )
  })
  return (req, res) => {
    const { searchParams } = new URL(req.url, 'http://app')
    const request = {
      number: Number(searchParams.get('request')),
      actions: searchParams.get('actions'),
      wrote: [],
      ended: [],
    }
    requests.run(request, () => listener(req, res))
  }
}

async function act(req, request) {
  const wanted = req.headers['x-session']
  const session = () => req.session
  if (wanted && session().id !== wanted) return { isNone: true }
  const { isNew } = session()
  const read = Object.fromEntries(NAMES.map(name => [name, session()[name] ?? null]))
  try {
    for (const action of JSON.parse(request.actions)) await actions[action.do]({ session, request }, action)
  } catch (error) {
    // Another request, here or elsewhere, has ended the session meanwhile: what this one wanted of it is void.
    if (!ENDED_MEANWHILE.includes(error.code)) throw error
    return { isNone: true }
  }
  // What was read belongs to the session that has been left behind.
  if (request.isRegenerated) return { isNew: true, session: req.session.id }
  return { isNew: isNew && !wanted, read, session: req.session?.id }
}

function send(res, status, body) {
  const text = JSON.stringify(body)
  res.writeHead(status, STATUS_CODES[status], {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  res.end(text)
}
