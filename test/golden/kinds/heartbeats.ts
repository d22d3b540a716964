import { type Datagram, decodeDatagram, encodeDatagram } from '../../../packages/tribes/src/wire/datagram.js'
import { goldenKind } from '../golden-kind.js'
import { BARE, TOM } from './members.js'

const samples: (readonly [string, Datagram])[] = [
  ['ALIVE', { type: 'alive', wantsAnswer: false, clusterName: 'cats', member: TOM }],
  ['ALIVE, answer now', { type: 'alive', wantsAnswer: true, clusterName: 'cats', member: TOM }],
  ['LEAVE', { type: 'leave', wantsAnswer: false, clusterName: 'Katzen äöü', member: TOM }],
  ['ALIVE of a bare member', { type: 'alive', wantsAnswer: false, clusterName: '', member: BARE }],
]

export const heartbeats = goldenKind<Datagram>({
  name: 'heartbeats',
  refusals: ['TRIBES_MALFORMED'],
  samples,
  encode: encodeDatagram,
  decode: decodeDatagram,
})
