import { type Member, member } from '@clowder/tribes'
import t from 'tap'
import type { Peers } from '../../src/manager/peers.js'
import { Placement } from '../../src/manager/placement.js'

const [self, near, far] = ['self', 'near', 'far'].map(name =>
  member({
    uniqueId: Buffer.alloc(16, name),
    host: '127.0.0.1',
    port: 4000,
    name,
    domain: '',
    payload: new Uint8Array(0),
    aliveMs: 0,
  }),
) as [Member, Member, Member]

t.test('a bucket that another one has had meanwhile is gained anew', t => {
  let members: readonly Member[] = [near]
  const placement = new Placement({ peers: { localId: self.id, members: () => members } as Peers }, 1)
  const owned = placement.changed()
  members = [near, far]
  t.strictSame(placement.changed(), [], 'who comes only takes')
  const lost = owned.filter(bucket => !placement.isOwner(bucket))
  t.ok(lost.length > 0)
  members = [near]
  placement.gone(far.id)
  t.strictSame(placement.changed(), lost)
  t.end()
})
