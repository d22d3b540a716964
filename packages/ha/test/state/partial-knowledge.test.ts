import t from 'tap'
import { mergedName } from '../../src/state/entry.js'
import { packState, unpackState } from '../../src/state/packed-state.js'
import {
  commitTo,
  type Delta,
  emptyState,
  entriesOf,
  forgiven,
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

const TAGS = mergedName('tags')

/** Ann has Bob's second step, and not what he had seen before or written: his first one, and Cid's tags, step and theme. */
function gapped() {
  const first = write(emptyState, ANN, 1, { step: 'old step', theme: 'old theme' }).state
  const cid = write(first, CID, 2, { [TAGS]: "Cid's tags", step: "Cid's step", theme: "Cid's theme" })
  const bob = write(write(cid.state, BOB, 3, { step: "Bob's first step" }).state, BOB, 4, { step: "Bob's step" })
  return { cid, bob, state: take(first, bob.delta) }
}

const tagsOf = (state: Joined['state']) =>
  state.kind === 'live' ? entriesOf(state, TAGS).map(e => String(Buffer.from(e.value!))) : []

t.test(
  'beside a merged name, too, what is replaced over a gap counts as seen, and what is missing does not',
  async t => {
    const { cid, bob, state } = gapped()
    const ann = write(state, ANN, 5, { [TAGS]: "Ann's tags", step: "Ann's step" })
    const delta = received(ann.delta)
    const met = joinDelta(bob.state, delta)
    t.strictSame(told(met), [], 'she had read the step that she replaced')
    t.strictSame(told(joinDelta(cid.state, delta)), [], 'and so what it had replaced')
    t.strictSame(tagsOf(met.state), ["Ann's tags", "Cid's tags"], 'but not these tags: both stay')
    t.strictSame(told(joinStates(bob.state, unpackState(packState(ann.state)))), [])
    const late = joinDelta(ann.state, cid.delta)
    t.strictSame([told(late), tagsOf(late.state)], [[], ["Ann's tags", "Cid's tags"]])
    const asOlderMembersReadIt = { ...delta, entries: delta.entries.map(entry => ({ ...entry })) }
    t.strictSame(tagsOf(joinDelta(bob.state, asOlderMembersReadIt).state), ["Ann's tags", "Cid's tags"])
  },
)

t.test(
  'under a merged name, what a commit over a gap has taken in is not put beside it when it comes late',
  async t => {
    const cid = write(emptyState, CID, 2, { [TAGS]: "Cid's tags" })
    const eve = write(emptyState, ANN, 2, { [TAGS]: "Ann's tags", step: "Ann's step" })
    const bob = write(cid.state, BOB, 3, { [TAGS]: "Bob's and Cid's tags" })
    const early = take(emptyState, received(bob.delta))
    const late = joinDelta(early, received(cid.delta))
    t.strictSame(tagsOf(late.state), ["Bob's and Cid's tags"])
    t.strictSame(packState(late.state), packState(take(cid.state, bob.delta)), 'as where they came in order')
    const other = joinDelta(early, received(eve.delta))
    t.strictSame(tagsOf(other.state), ["Ann's tags", "Bob's and Cid's tags"], 'what it had not seen stays')
  },
)

t.test('when a gap has been given up, who replaces what came over it has seen that all the same', async t => {
  const { cid, bob, state } = gapped()
  const ann = write(forgiven(state), ANN, 5, { step: "Ann's step", theme: "Ann's theme" })
  const delta = received(ann.delta)
  const unseen = [["Ann's theme", "Cid's theme"]]
  t.strictSame(told(joinDelta(bob.state, delta)), unseen, 'the step that she had read is not told of')
  t.strictSame(told(joinDelta(cid.state, delta)), unseen, 'nor what it had replaced')
  t.strictSame(told(joinStates(bob.state, unpackState(packState(ann.state)))), unseen)
  t.strictSame(told(joinDelta(ann.state, cid.delta)), unseen)
  const again = write(ann.state, ANN, 6, { step: 'another step' })
  t.strictSame(told(joinDelta(bob.state, received(again.delta))), [], 'nor by the commit after that')
})

t.test('who lacks an earlier commit of its own numbers the next one above all that it has heard of', async t => {
  const first = write(emptyState, ANN, 1, { step: 'old step' })
  const second = write(first.state, ANN, 2, { theme: 'old theme' })
  const early = take(emptyState, second.delta)
  t.equal(write(early, ANN, 3, { step: 'new step' }).delta.counter, 3)
  t.equal(write(forgiven(early), ANN, 3, { theme: 'new theme' }).delta.counter, 3, 'or that it replaces')
})

t.test('a conflict that has been told is not told again when the loser comes once more over a gap', async t => {
  const ann = write(emptyState, ANN, 9, { step: "Ann's step" })
  const bob = write(write(emptyState, BOB, 1, { theme: 'lost' }).state, BOB, 2, { step: "Bob's step" })
  const once = joinDelta(ann.state, received(bob.delta))
  t.strictSame(told(once), [["Ann's step", "Bob's step"]])
  t.notOk(isWhole(once.state as LiveState))
  t.strictSame(told(joinDelta(once.state, received(bob.delta))), [])
})

t.test('nobody waits again, because of such a commit, for what has been given up', async t => {
  const { state } = gapped()
  const ann = write(forgiven(state), ANN, 5, { step: "Ann's step" })
  t.ok(isWhole(ann.state))
  const newcomer = unpackState(packState(forgiven(state)))
  t.equal(newcomer.kind === 'live' && isWhole(take(newcomer, received(ann.delta))), true)
})

function contexts({ entries }: Delta): number {
  return entries.filter(e => e.context).length
}
