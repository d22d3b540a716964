import t from 'tap'
import { packState, unpackState } from '../../src/state/packed-state.js'
import {
  commitTo,
  type Delta,
  emptyState,
  isWhole,
  type Joined,
  joinDelta,
  joinStates,
  type LiveState,
} from '../../src/state/session-state.js'
import { decodeMessage, encodeMessage } from '../../src/wire/message-codec.js'

const [ANN, BOB, CID] = ['a', 'b', 'c'].map(name => name.repeat(16)) as [string, string, string]

const write = (state: LiveState, actor: string, stamp: number, values: Record<string, string>) =>
  commitTo(state, actor, stamp, new Map(Object.entries(values).map(([name, value]) => [name, Buffer.from(value)])))
const take = (state: LiveState, delta: Delta) => joinDelta(state, delta).state as LiveState
const told = ({ conflicts }: Joined) =>
  conflicts.map(({ kept, dropped }) => [kept, dropped].map(e => String(Buffer.from(e.value ?? []))))

/** Over the wire. */
function received(delta: Delta): Delta {
  const message = decodeMessage(encodeMessage(1, { type: 'DELTA', id: 'i', delta }), delta.actor)
  if (message.type !== 'DELTA') throw new Error(message.type)
  return message.delta
}

/** Ann has never had Cid's theme, but has Bob's step, which was written after it; she writes both, and one more. */
function written() {
  const first = write(emptyState, ANN, 1, { step: 'old step', theme: 'old theme' }).state
  const cid = write(first, CID, 2, { theme: "Cid's theme" })
  const bob = write(cid.state, BOB, 3, { step: "Bob's step" })
  const gapped = take(first, bob.delta)
  return { cid, bob, ann: write(gapped, ANN, 4, { cart: 'cart', step: "Ann's step", theme: "Ann's theme" }) }
}

t.test(
  'what is written after one half of what another had seen does not pass for having seen the other half',
  async t => {
    const { cid, bob, ann } = written()
    const unseen = [["Ann's theme", "Cid's theme"]]
    const delta = received(ann.delta)
    t.notOk(isWhole(ann.state))
    t.strictSame(told(joinDelta(bob.state, delta)), unseen, 'told where the commit comes')
    t.strictSame(told(joinDelta(cid.state, delta)), unseen, 'and where what was seen is not')
    t.strictSame(told(joinStates(bob.state, unpackState(packState(ann.state)))), unseen, 'and where the copy comes')
    t.strictSame(told(joinDelta(ann.state, cid.delta)), unseen, 'and where it was written')
    t.strictSame(told(joinDelta(take(cid.state, bob.delta), delta)), unseen)
  },
)

t.test('what comes late is told of by its own name only', async t => {
  const { cid, bob, ann } = written()
  const late = take(write(emptyState, ANN, 1, { step: 'old step', theme: 'old theme' }).state, received(ann.delta))
  t.strictSame(told(joinDelta(late, bob.delta)), [])
  t.strictSame(told(joinDelta(take(late, bob.delta), cid.delta)), [["Ann's theme", "Cid's theme"]])
})

t.test('a commit to a whole copy, or of one name, says once what had been seen', async t => {
  const { bob, ann } = written()
  t.equal(contexts(ann.delta), 2, 'two of three names say less')
  t.equal(contexts(write(bob.state, ANN, 4, { step: '4', theme: '5' }).delta), 0)
  t.equal(contexts(write(take(emptyState, bob.delta), ANN, 4, { step: '4' }).delta), 0)
})

function contexts({ entries }: Delta): number {
  return entries.filter(e => e.context).length
}
