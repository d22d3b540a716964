import { createHash } from 'node:crypto'
import { held, nowMs } from './tell.mjs'

const NAMES = ['cart', 'step', 'user', 'ticket']
/** Sessions are made and written in turns of so many, so that the loop is not held up. */
const TURN = 200

/** What the bed asks of this process; each gets the ask's fields and answers with plain data. */
export function asksOf(cluster, wall) {
  const { manager } = cluster
  return {
    members: () => cluster.members().map(m => m.name),
    digest: () => manager.digest(),
    sessions: () => manager.inspect().sessions,
    inspect: () => cluster.inspect(),
    figures: () => figuresOf(cluster.inspect()),
    copies: ({ ids }) => Object.fromEntries(ids.flatMap(id => copyOf(manager, id))),
    states: ({ ids }) => ids.map(id => stateHash(manager.findSession(id).session)),
    shiftClock: ({ ms }) => {
      wall.shiftMs = ms
    },
    stall: ({ ms }) => {
      held.isOnPurpose = true
      const endMs = nowMs() + ms
      while (nowMs() < endMs);
    },
    create: ({ count, bytes }) => inTurns(count, () => created(manager, bytes)),
    writeAll: ({ ids, name, value }) => inTurns(ids.length, i => written(manager, ids[i], name, value)),
    values: ({ ids, name }) => Promise.all(ids.map(async id => (await found(manager, id))?.getAttribute(name) ?? null)),
  }
}

/** Sizes that must stay bounded. */
function figuresOf({ manager, transport, dispatch }) {
  return {
    openQuestions: manager.openPulls,
    openExchanges: manager.openExchanges,
    deathCertificates: manager.deathCertificates,
    connections: transport.connectionsOpened - transport.connectionsClosed,
    queuedBytes: dispatch.queuedBytes ?? 0,
    sockets: process.getActiveResourcesInfo().filter(name => name === 'TCPSocketWrap').length,
    residentMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
  }
}

function copyOf(manager, id) {
  const found = manager.findSession(id)
  if (found.kind === 'unknown') return []
  if (found.kind === 'dead') return [[id, { standing: 'dead', state: 'dead' }]]
  // Without a token, `behind` can only mean that this process does not trust its own copies just now.
  if (!found.session) return [[id, { standing: 'live', state: 'in doubt', hasGap: true }]]
  const { copy } = found.session
  const values = Object.fromEntries(NAMES.map(name => [name, found.session.getAttribute(name) ?? null]))
  return [[id, { standing: 'live', state: stateHash(found.session), hasGap: copy.state.needed.length > 0, values }]]
}

/** A process that does not trust its copies just now asks the others. */
async function found(manager, id) {
  return manager.findSession(id).session ?? (await manager.loadSession(id)).session
}

function stateHash(session) {
  return session ? createHash('sha1').update(session.copy.packed()).digest('base64url') : null
}

function created(manager, bytes) {
  const session = manager.createSession()
  session.setAttribute('payload', 'x'.repeat(bytes))
  manager.requestCompleted(session, 'async')
  return session.id
}

function written(manager, id, name, value) {
  const { session } = manager.findSession(id)
  if (!session) return false
  session.setAttribute(name, value)
  return manager.requestCompleted(session, 'async').changed
}

async function inTurns(count, make) {
  const results = []
  while (results.length < count) {
    for (const end = Math.min(count, results.length + TURN); results.length < end; ) results.push(make(results.length))
    await new Promise(setImmediate)
  }
  return results
}
