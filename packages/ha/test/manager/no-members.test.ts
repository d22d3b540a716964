import { type FaultyMember, type Member, member } from '@clowder/tribes'
import t from 'tap'
import { Absences } from '../../src/manager/absences.js'
import { ExchangeLine, type ExchangeLineComponents } from '../../src/manager/exchange-line.js'
import { LaggingMembers } from '../../src/manager/lagging-members.js'
import { LastWords } from '../../src/manager/last-words.js'
import type { Peers } from '../../src/manager/peers.js'
import { Placement } from '../../src/manager/placement.js'
import type { SessionReplicas } from '../../src/manager/session-replicas.js'
import { UnaskedExpiries } from '../../src/manager/unasked-expiries.js'

// What comes from somebody who is no member, or no more, or fails because he is not, must not be kept: nobody says a second time that he has gone.

const [self, near, far, gone] = ['self', 'near', 'far', 'gone'].map(memberNamed) as [Member, Member, Member, Member]

function memberNamed(name: string): Member {
  const uniqueId = Buffer.alloc(16, name)
  return member({ uniqueId, host: '127.0.0.1', port: 4000, name, domain: '', payload: new Uint8Array(0), aliveMs: 0 })
}

function peersWith(members: readonly Member[], send: Peers['send'] = () => {}) {
  const isMember = ({ id }: Member) => members.some(m => m.id === id)
  return { localId: self.id, members: () => members, isMember, send } as Peers
}

t.test('the last word that a member could not be told is said when it has caught up, and only to a member', t => {
  const lastWords = new LastWords({ peers: peersWith([near]) })
  const said: string[] = []
  for (const target of [near, gone]) {
    const faulty: FaultyMember = { member: target, cause: new Error('it cannot be reached') }
    lastWords.observer(target, () => said.push(target.name)).memberFailed!(faulty)
  }
  for (const target of [near, gone]) lastWords.memberCaughtUp(target)
  t.strictSame(said, ['near'])
  t.end()
})

t.test('only of members it is remembered when they were heard', t => {
  const lagging = new LaggingMembers({ clock: { now: () => 1_000 }, peers: peersWith([near]) })
  for (const source of [near, gone]) lagging.heard(source)
  t.strictSame(
    [near, gone].map(({ id }) => lagging.isHeardSince(id, 1_000)),
    [true, false],
  )
  t.end()
})

t.test('what has expired is told once to a member, and again to whoever is none', t => {
  const told: string[] = []
  const peers = peersWith([near], targets => void told.push(...targets.map(({ name }) => name)))
  const expiredUnasked = new UnaskedExpiries()
  expiredUnasked.add('some session')
  const replicas = { forgotten: { expiredUnasked } } as SessionReplicas
  const absences = { isAnybodyOut: () => true } as Absences
  const line = new ExchangeLine({ peers, replicas, absences } as ExchangeLineComponents)
  for (const target of [near, gone, near, gone]) line.tellExpired(target)
  t.strictSame(told, ['near', 'gone', 'gone'])
  t.end()
})

t.test('somebody who leaves and is no member does not make two members into all', t => {
  const placement = new Placement({ peers: peersWith([near, far]) }, 2)
  placement.leaving(gone.id)
  t.equal(placement.isEverywhere, false)
  placement.leaving(far.id)
  t.equal(placement.isEverywhere, true)
  t.end()
})

t.test('of those who leave and never go the latest thousand are remembered', t => {
  const channel = { hasHiddenMembers: () => false, pendingMembers: () => 0 }
  const absences = new Absences({ clock: { now: () => 0 }, channel }, 1_000, true)
  const leavers = Array.from({ length: 1_025 }, (_, n) => memberNamed(`leaver ${n}`))
  for (const leaver of leavers) absences.leaving(leaver)
  t.strictSame(
    [leavers[0]!, leavers[1]!, leavers[1_024]!].map(leaver => absences.isLeaving(leaver)),
    [false, true, true],
  )
  t.end()
})
