import type { DeltaManager } from '@clowder/ha'
import t from 'tap'
import { includes, type LiveCopy, latestCommit, MERGED } from '../../src/cluster/evidence.js'

type Entry = LiveCopy['state']['entries'][number]

const entry = (name: string, actor: string, counter: number, stamp: number) =>
  ({ name, actor, counter, stamp }) as Entry
const stateOf = (entries: readonly Entry[], { vector = [], floor }: Partial<LiveCopy['state']> = {}) =>
  ({ kind: 'live', vector, entries, floor }) as LiveCopy['state']
const managerWith = (state: LiveCopy['state']) => ({ inspectCopy: () => ({ state }) }) as never as DeltaManager

t.test('a commit that came over a gap is where its entry is, or what was written in its place', async t => {
  const mine = stateOf([entry('cart', 'b', 2, 20)])
  const isWith = (...entries: Entry[]) => includes(managerWith(stateOf(entries)), 's', mine)
  t.ok(isWith(entry('cart', 'b', 2, 20)))
  t.ok(isWith(entry('cart', 'c', 7, 30)), 'replaced')
  t.notOk(isWith(entry('cart', 'c', 6, 10)), 'an older one')
  t.notOk(isWith(entry('theme', 'c', 7, 30)), 'another attribute')
  t.ok(
    includes(managerWith(stateOf([], { vector: [{ actor: 'b', counter: 2 }] })), 's', mine),
    'seen, and replaced or removed',
  )
})

t.test('what one writer merged is not replaced by what another one did', async t => {
  const mine = stateOf([entry(`${MERGED}tags`, 'b', 2, 20)])
  const isWith = (...entries: Entry[]) => includes(managerWith(stateOf(entries)), 's', mine)
  t.notOk(isWith(entry(`${MERGED}tags`, 'c', 7, 30)))
  t.ok(isWith(entry(`${MERGED}tags`, 'b', 3, 30)))
})

t.test('a removal is where it has been forgotten, a value is not', async t => {
  const isWith = (mine: Entry, floor: number) =>
    includes(managerWith(stateOf([], { floor })), 's', stateOf([mine], { vector: [{ actor: 'z', counter: 9 }] }))
  t.ok(isWith(entry('cart', 'b', 2, 20), 20), 'and writers of whom nothing is left are missed by nobody')
  t.notOk(isWith(entry('cart', 'b', 2, 20), 19))
  t.notOk(isWith({ ...entry('cart', 'b', 2, 20), value: new Uint8Array(1) }, 20))
})

t.test(
  'a commit is known by what it wrote, also where the other attribute has a stamp of a clock far ahead',
  async t => {
    const state = stateOf([
      entry('cart', 'b', 3, 20),
      entry(`${MERGED}tags`, 'b', 2, 9000),
      entry('ticket', 'c', 8, 9999),
    ])
    const latest = (...names: string[]) => latestCommit(managerWith(state), 's', 'b', new Set(names))?.counter
    t.equal(latest('cart'), 3)
    t.equal(latest('tags'), 2, 'of a merged one, too')
    t.equal(latest('ticket'), 2, 'when somebody else has won there, the latest of all')
    t.equal(latest(), 2)
  },
)
