import { EventEmitter } from 'node:events'
import type { DeltaManager, SessionWatch } from '@clowder/ha'
import t from 'tap'
import { NumberCodec } from '../../src/cluster/number-codec.js'
import { watchEnds } from '../../src/cluster/watch-ends.js'

const codec = new NumberCodec(0)
const of = (values: Record<string, unknown>) =>
  Object.entries(values).map(([name, value]) => ({
    name,
    value: value === undefined ? undefined : codec.encode(value),
  }))

/** One session, and what is objected to when its end is told of. */
function watched() {
  const broken: string[] = []
  const events = new EventEmitter()
  let watch: SessionWatch = {}
  const attach = (make: () => SessionWatch) => void (watch = make())
  watchEnds({ attach, events } as never as DeltaManager, what => broken.push(what))
  const copy = { id: 's', hasExpired: false, peek: () => ({}) }
  const has = (values: Record<string, unknown>) => {
    copy.peek = () => ({ kind: 'live', entries: of(values) })
    watch.joined!(copy as never, undefined as never, true)
  }
  const ends = (attributes: object, event = 'sessionDestroyed') => {
    events.emit(event, { id: 's', attributes: () => attributes })
    return broken.splice(0)
  }
  return { has, ends, copy, drops: () => watch.dropped!(copy as never) }
}

t.test('who is told of an end is told what was in the session', async t => {
  const { has, ends, copy, drops } = watched()
  has({ '\u0000createdAt': 1, cart: 1, step: undefined })
  t.strictSame(ends({ cart: 1 }), [])
  has({ cart: 1 })
  t.match(ends({}), [/session s ended with \{\}, and had \{cart: 1\}/])
  has({ cart: 1 })
  t.equal(ends({ cart: 2 }).length, 1)
  has({ cart: 1 })
  t.equal(ends({ cart: 1, step: 2 }).length, 1)
  has({ cart: 1 })
  copy.hasExpired = true
  drops()
  t.equal(ends({}, 'sessionExpired').length, 1)
})

t.test('what is merged is whatever it is, and of what is not held here nobody knows', async t => {
  const { has, ends, drops } = watched()
  has({ '\u0001tags': [1] })
  t.strictSame(ends({ tags: [1, 2] }), [])
  has({ cart: 1 })
  drops()
  t.strictSame(ends({}), [])
})
