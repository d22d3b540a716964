import t from 'tap'
import { SessionInvalidatedError } from '../../src/index.js'
import { SessionCopy } from '../../src/manager/session-copy.js'
import { DeltaSession } from '../../src/session/delta-session.js'
import { ReplicationFilter, type ReplicationFilterOptions } from '../../src/session/replication-filter.js'
import type { SessionOrigin } from '../../src/session/session-origin.js'
import { ValueBindings } from '../../src/session/value-bindings.js'
import { CREATED_AT } from '../../src/state/entry.js'
import { commitTo, emptyState, joinDelta, type LiveState } from '../../src/state/session-state.js'
import { jsonCodec } from '../support/json-codec.js'
import { RecordingLogger } from '../support/recording-logger.js'

const WALL_MS = Date.UTC(2025, 0, 1)

function origin(isReplicated: SessionOrigin['isReplicated'] = () => true): SessionOrigin {
  let ids = 0
  return {
    codec: jsonCodec,
    newSessionId: () => `id-${++ids}`,
    wallTime: () => WALL_MS,
    timeOfDay: { earliestMs: WALL_MS, latestMs: WALL_MS },
    wallTimeOf: monotonicMs => WALL_MS + monotonicMs,
    maxInactiveIntervalSeconds: 1800,
    isAnybodyOut: () => false,
    mergeOf: () => undefined,
    isReplicated,
    bindings: new ValueBindings({ logger: new RecordingLogger() }),
    isOwnWriter: () => true,
  }
}

/** A session as one commit of these attributes left it. */
function stored(attributes: Record<string, unknown>, from = origin()): DeltaSession {
  const values = new Map(Object.entries(attributes).map(([name, value]) => [name, jsonCodec.encode(value)]))
  const { state } = commitTo(emptyState, 'a'.repeat(16), 1, values)
  return new DeltaSession(from, 'old', new SessionCopy('old', 0, state, 0))
}

const changes = (session: DeltaSession) =>
  Object.fromEntries(
    [...session.collectChanges().values].map(([name, bytes]) => [name, bytes && jsonCodec.decode(bytes)]),
  )

t.test('a new session consists of its creation time and is not dirty', async t => {
  const session = new DeltaSession(origin(), 'new')
  t.ok(session.isNew)
  t.notOk(session.isDirty)
  t.equal(session.creationTime, WALL_MS)
  t.equal(session.lastAccessedTime, WALL_MS)
  t.equal(session.maxInactiveInterval, 1800)
  t.strictSame(session.attributeNames(), [])
  t.strictSame(changes(session), { '\u0000createdAt': WALL_MS })
  session.setAttribute('x', 1)
  t.ok(session.isDirty)
  session.reload()
  t.notOk(session.isDirty)
  t.equal(session.creationTime, WALL_MS)
})

t.test('an attribute is decoded once, and found again when it has changed inside', async t => {
  const session = stored({ cart: { items: [1] }, n: 1 })
  const cart = session.getAttribute('cart') as { items: number[] }
  t.equal(session.getAttribute('cart'), cart)
  session.getAttribute('n')
  t.strictSame(changes(session), {})
  cart.items.push(2)
  t.strictSame(changes(session), { cart: { items: [1, 2] } })
  cart.items.pop()
  t.strictSame(changes(session), {}, 'and changed back')
})

t.test('names are those of the copy and of the request, without what was removed', async t => {
  const session = stored({ kept: 1, gone: 1 })
  session.removeAttribute('gone')
  session.setAttribute('set', 1)
  session.setAttribute('both', 1)
  session.removeAttribute('both')
  t.strictSame([...session.attributeNames()].sort(), ['kept', 'set'])
  t.equal(session.getAttribute('gone'), undefined)
  t.strictSame(changes(session), { gone: undefined, set: 1 })
})

t.test('the token names the four who wrote last, then writers whose commits are needed, before all others', async t => {
  const names = [...'abcdef'].map(name => name.repeat(16))
  const whole = names.slice(1).reduce<LiveState>((state, actor, i) => {
    return commitTo(state, actor, 10 + i, new Map([[`by ${actor[0]}`, jsonCodec.encode(1)]])).state
  }, emptyState)
  const first = commitTo(emptyState, names[0]!, 1, new Map([['lost', jsonCodec.encode(1)]]))
  const second = commitTo(first.state, names[0]!, 2, new Map([['early', jsonCodec.encode(1)]]))
  const { state } = joinDelta(whole, second.delta)
  const session = new DeltaSession(origin(), 'id', new SessionCopy('id', 0, state, 0))
  t.equal(session.token.dots.map(dot => dot.actor[0]).join(''), 'fedcab')
  t.strictSame(session.token.dots[4], { actor: 'a'.repeat(8), counter: 2 })
})

t.test('the token names who began the session, and when, whoever has written to it since', async t => {
  const [ann, bob] = ['a', 'b'].map(name => name.repeat(16)) as [string, string]
  const first = commitTo(emptyState, ann, 7, new Map([[CREATED_AT, jsonCodec.encode(1)]])).state
  const second = commitTo(first, bob, 9, new Map([['x', jsonCodec.encode(2)]])).state
  const session = new DeltaSession(origin(), 'id', new SessionCopy('id', 0, second, 0))
  t.match(session.token, { stamp: 9, beginning: { actors: ['a'.repeat(8)], stamp: 7 } })
})

t.test('a copy that has come back with less than the request has seen does not make its token forget', async t => {
  const [ann, bob] = ['a', 'b'].map(name => name.repeat(16)) as [string, string]
  const first = commitTo(emptyState, ann, 1, new Map([['x', jsonCodec.encode(1)]])).state
  const second = commitTo(first, bob, 2, new Map([['x', jsonCodec.encode(2)]])).state
  const session = new DeltaSession(origin(), 'id', new SessionCopy('id', 0, second, 0))
  session.follow(new SessionCopy('id', 0, first, 0))
  t.strictSame(session.token.dots.map(dot => dot.actor[0]).sort(), ['a', 'b'])
  session.follow(new SessionCopy('id', 0, second, 0))
  t.equal(session.token.dots.length, 2)
})

t.test('what came back under the former id is not named in the token of the new one', async t => {
  const [ann, bob] = ['a', 'b'].map(name => name.repeat(16)) as [string, string]
  const first = commitTo(emptyState, ann, 1, new Map([['x', jsonCodec.encode(1)]])).state
  const second = commitTo(first, bob, 2, new Map([['x', jsonCodec.encode(2)]])).state
  const session = new DeltaSession(origin(), 'id', new SessionCopy('id', 0, first, 0))
  session.follow(new SessionCopy('id', 0, second, 0))
  const id = session.changeSessionId()
  const { state } = commitTo(emptyState, 'c'.repeat(16), 3, session.withAll(session.collectChanges()).values)
  session.committed(new SessionCopy(id, 0, state, 0))
  t.strictSame(session.token.dots, [{ actor: 'c'.repeat(8), counter: 1 }])
})

t.test('a value of undefined is a value, not a removal', async t => {
  const session = stored({ x: 1 })
  session.setAttribute('x', undefined)
  t.strictSame(session.attributeNames(), ['x'])
  t.ok(session.collectChanges().values.get('x'))
})

t.test('after invalidate nothing can be set and every verb says so', async t => {
  const session = stored({ x: 1 })
  session.invalidate()
  t.notOk(session.isValid)
  t.ok(session.isDirty)
  for (const act of [
    () => session.setAttribute('x', 2),
    () => session.removeAttribute('x'),
    () => session.setProperty('p', 1),
    () => session.changeSessionId(),
    () => session.invalidate(),
  ])
    t.throws(act, SessionInvalidatedError)
})

t.test('an id change makes a stored session dirty, and a new one only changes its name', async t => {
  const [old, fresh] = [stored({ x: 1 }), new DeltaSession(origin(), 'new')]
  t.equal(old.changeSessionId(), old.id)
  t.ok(old.isDirty)
  t.equal(old.replaces, 'old')
  old.changeSessionId()
  t.equal(old.replaces, 'old', 'the id that everybody knows')
  fresh.changeSessionId()
  t.equal(fresh.replaces, undefined)
})

t.test('filters look at the name and at the type, whatever flags the expressions have', async t => {
  const logger = new RecordingLogger()
  const filter = (options: Partial<ReplicationFilterOptions>) =>
    new ReplicationFilter({ logger }, { warnOnSessionAttributeFilterFailure: false, ...options })
  const both = filter({
    sessionAttributeNameFilter: /^app/g,
    sessionAttributeValueTypeFilter: /^(Object|null|number)$/g,
  })
  for (let n = 0; n < 2; n++) {
    t.ok(both.isReplicated('app.x', {}))
    t.ok(both.isReplicated('app.x', Object.create(null)))
    t.ok(both.isReplicated('app.x', null))
    t.ok(both.isReplicated('app.x', 1))
    t.notOk(both.isReplicated('app.x', []))
    t.notOk(both.isReplicated('x', {}))
  }
  t.ok(filter({}).isReplicated('x', new Map()))
  t.strictSame(logger.messages('warn'), [])
})

t.test('who asks for it is warned of what a filter keeps back, once a name and not for ever', async t => {
  const logger = new RecordingLogger()
  const options = { sessionAttributeNameFilter: /^app/, sessionAttributeValueTypeFilter: /^string$/ }
  const filter = new ReplicationFilter({ logger }, { ...options, warnOnSessionAttributeFilterFailure: true })
  for (let n = 0; n < 2; n++) {
    filter.isReplicated('x', 'text')
    filter.isReplicated('app.x', 1)
    filter.isReplicated('app.y', 'text')
  }
  t.match(logger.messages('warn'), [/\[x\].*manager.sessionAttributeNameFilter/, /\[app.x\].*ValueTypeFilter/])
  t.equal(logger.messages('warn').length, 2)
  for (let n = 0; n < 2_000; n++) filter.isReplicated(`x${n}`, 'text')
  t.equal(logger.messages('warn').length, 1_000)
})

t.test('an idle limit that is no number is refused, and nothing is changed', async t => {
  const session = new DeltaSession(origin(), 'new')
  for (const bad of [Number.NaN, null, '60', {}, undefined])
    t.throws(() => Reflect.set(session, 'maxInactiveInterval', bad), { code: 'HA_BAD_MAX_INACTIVE_INTERVAL' })
  t.equal(session.maxInactiveInterval, 1800)
  session.maxInactiveInterval = -1
  t.equal(session.maxInactiveInterval, -1)
})
