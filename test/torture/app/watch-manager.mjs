import { AsyncLocalStorage } from 'node:async_hooks'
import { tell } from './tell.mjs'

/**
 * Tells of each commit which request made it, what it wrote, and how it was acknowledged: an answer has left before its client could be told, and a client that
 * got no answer does not know what was done for it. Returns where a request's notes are put: `{number, wrote, ended}`.
 */
export function watchManager(manager) {
  const requests = new AsyncLocalStorage()
  const requestOf = new WeakMap()
  const noted = session => {
    const request = requests.getStore()
    if (session && request) requestOf.set(session, request)
    return session
  }
  around(manager, 'createSession', (original, args) => noted(original(...args)))
  around(manager, 'replaceSession', (original, args) => noted(original(...args)))
  around(manager, 'findSession', (original, args) => {
    const found = original(...args)
    noted(found.session)
    return found
  })
  around(manager, 'loadSession', async (original, args) => {
    const loaded = await original(...args)
    noted(loaded.session)
    return loaded
  })
  around(manager, 'requestCompleted', (original, args) => {
    const commit = original(...args)
    const request = requestOf.get(args[0])
    if (request && commit.changed) report(request, args[0].id, commit)
    return commit
  })
  return requests
}

function report({ number, wrote, ended }, session, commit) {
  tell({ type: 'commit', request: number, session, wrote, ended, isAwaited: commit.acknowledged !== undefined })
  commit.acknowledged?.then(outcome => tell({ type: 'acknowledged', request: number, outcome }))
}

function around(object, name, change) {
  const original = object[name].bind(object)
  object[name] = (...args) => change(original, args)
}
