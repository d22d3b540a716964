import { ValueCodec } from 'clowder'
// Inside the packages: these are what a request and a message are made of.
import { packState, unpackState } from '../../../packages/ha/dist/state/packed-state.js'
import {
  commitTo,
  emptyState,
  joinDelta,
  joinStates,
  type LiveState,
} from '../../../packages/ha/dist/state/session-state.js'
import { stateHash } from '../../../packages/ha/dist/state/state-hash.js'
import { decodeMessage, encodeMessage } from '../../../packages/ha/dist/wire/message-codec.js'
import type { Operation } from './operation.js'

const WRITER = '0123456789abcdef'
const OTHER_WRITER = 'fedcba9876543210'
const ID = 'a-session-id-of-32-characters-xx'
const TEXT = 'x'.repeat(200)
const PROFILE = {
  name: 'Ada Lovelace',
  roles: ['admin', 'author'],
  visits: 42,
  since: new Date(0),
  address: { street: '12 St James’s Square', city: 'London' },
}

function sessionOf(attributes: number, codec: ValueCodec): LiveState {
  const values = new Map(Array.from({ length: attributes }, (_, i) => [`attribute${i}`, codec.encode(`${TEXT}${i}`)]))
  return commitTo(emptyState, WRITER, 1, values).state
}

/** Values, merges, digests and messages. */
export function stateOperations(): readonly Operation[] {
  const codec = new ValueCodec()
  const text = codec.encode(TEXT)
  const profile = codec.encode(PROFILE)
  const ten = sessionOf(10, codec)
  const mine = commitTo(ten, WRITER, 2, new Map([['attribute3', text]]))
  const theirs = commitTo(ten, OTHER_WRITER, 3, new Map([['attribute4', text]]))
  const packed = packState(ten)
  const message = encodeMessage(1, { type: 'DELTA', id: ID, delta: mine.delta })
  return [
    { title: 'encode a text of 200', run: () => codec.encode(TEXT) },
    { title: 'decode a text of 200', run: () => codec.decode(text) },
    { title: 'encode an object of five', run: () => codec.encode(PROFILE) },
    { title: 'decode an object of five', run: () => codec.decode(profile) },
    { title: 'commit one of ten attributes', run: () => commitTo(ten, WRITER, 2, new Map([['attribute3', text]])) },
    { title: 'join a commit', run: () => joinDelta(ten, mine.delta) },
    { title: 'join two states of ten', run: () => joinStates(mine.state, theirs.state) },
    { title: 'digest of a state of ten', run: () => stateHash(ID, ten) },
    { title: 'pack a state of ten', run: () => packState(ten) },
    { title: 'unpack a state of ten', run: () => unpackState(packed) },
    { title: 'encode a DELTA', run: () => encodeMessage(1, { type: 'DELTA', id: ID, delta: mine.delta }) },
    { title: 'decode a DELTA', run: () => decodeMessage(message, WRITER) },
  ]
}
