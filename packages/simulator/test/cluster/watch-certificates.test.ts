import type { DeltaManager, SessionWatch } from '@clowder/ha'
import t from 'tap'
import { watchCertificates } from '../../src/cluster/watch-certificates.js'

type Joined = Parameters<NonNullable<SessionWatch['joined']>>

const createdAt = (stamp: number) => ({ name: '\u0000createdAt', actor: 'a', stamp })
const live = (...entries: readonly object[]) => ({ kind: 'live', entries })
const dead = (stamp: number, creation?: object) => ({ kind: 'dead', stamp, creation })

/** Shows one copy's states, one after the other, and answers what is wrong with each. */
function watched() {
  const broken: string[] = []
  let watch: SessionWatch = {}
  const attach = (make: () => SessionWatch) => {
    watch = make()
  }
  watchCertificates({ attach } as never as DeltaManager, what => broken.push(what))
  const copy = { id: 's', peek: () => ({}) }
  return (state: object, local = false) => {
    Object.assign(copy, { peek: () => state })
    watch.joined!(...([copy, {}, local] as never as Joined))
    return broken.splice(0)
  }
}

t.test('an end is stamped above what it ends', async t => {
  const show = watched()
  t.strictSame(show(live({ name: 'cart', stamp: 7 }, { name: 'user', stamp: 5 })), [])
  t.strictSame(show(dead(8), true), [])
  const low = watched()
  low(live({ name: 'cart', stamp: 7 }))
  t.match(low(dead(7), true), [/session s ends with a stamp below what it ends/])
  const elsewhere = watched()
  elsewhere(live({ name: 'cart', stamp: 7 }))
  t.strictSame(elsewhere(dead(6)), [], 'who ended it there had not seen this')
})

t.test('an end stays one, and of two the earlier one', async t => {
  const show = watched()
  show(dead(8))
  t.strictSame(show(dead(6)), [])
  t.match(show(dead(8)), [/ended later than was known/])
  t.match(show(live()), [/is alive after its end/])
})

t.test('what is known of the beginning is known after the end', async t => {
  const show = watched()
  show(live(createdAt(3)))
  t.match(show(dead(8)), [/its beginning is forgotten/])
  t.strictSame(show(dead(8, createdAt(3))), [])
  t.strictSame(show(dead(8, createdAt(2))), [])
  t.match(show(dead(8, createdAt(3))), [/its beginning is forgotten/], 'an earlier one was known')
  const late = watched()
  t.strictSame(late(dead(8)), [], 'who sees the certificate only')
})
