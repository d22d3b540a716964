import {
  decodeEndings,
  type Ending,
  encodeEndings,
} from '../../../packages/clowder/src/faces/socket.io/ending-codec.js'
import { PartReader, PartWriter } from '../../../packages/clowder/src/faces/socket.io/message-parts.js'
import { textHash } from '../../../packages/ha/src/state/state-hash.js'
import {
  decodeUserQuestion,
  encodeUserQuestion,
  type UserQuestion,
} from '../../../packages/ha/src/wire/user-question-codec.js'
import { decodeRpc, encodeRpc, type RpcEnvelope } from '../../../packages/tribes/src/group/rpc-envelope.js'
import { goldenKind } from '../golden-kind.js'
import { TOM } from './members.js'

const ID = 'abcdefghijklmnopqrstuvwxyz012345'
const SERVER = 'chat'
const refusals = ['TRIBES_MALFORMED']

/** Questions about users. A kind that this version does not know decodes to undefined. */
export const userQuestions = goldenKind<UserQuestion | undefined>({
  name: 'user-questions',
  refusals,
  samples: [
    ['question', { type: 'question', number: 7, user: 'tom' }],
    [
      'answer',
      { type: 'answer', number: 7, rows: [{ id: ID, since: 5_000, createdAtMs: 1_735_689_600_000, idleMs: 20 }] },
    ],
    ['answer, none', { type: 'answer', number: 2 ** 32 - 1, rows: [] }],
  ],
  encode: message =>
    message ? encodeUserQuestion(textHash('users of default'), message) : new Uint8Array(6).fill(0xff),
  decode: decodeUserQuestion,
})

const rpc = { rpcId: Uint8Array.of(9, 9), call: 300, body: Uint8Array.from(Buffer.from('text')) }

export const rpcs = goldenKind<RpcEnvelope>({
  name: 'rpc',
  refusals,
  samples: [
    ['request', { kind: 'request', ...rpc }],
    ['reply', { kind: 'reply', ...rpc }],
    ['no reply', { kind: 'no-reply', ...rpc, body: new Uint8Array(0) }],
  ],
  encode: encodeRpc,
  decode: decodeRpc,
})

export const endings = goldenKind<readonly Ending[]>({
  name: 'endings',
  refusals,
  samples: [
    [
      'ended, and renamed',
      [
        { id: ID, isRenamed: false },
        { id: 'x', isRenamed: true },
      ],
    ],
  ],
  encode: encodeEndings,
  decode: decodeEndings,
})

/** The first part of a message, as its receiver holds it: whole, or nothing yet. */
export const socketParts = goldenKind<Uint8Array | undefined>({
  name: 'socket-parts',
  refusals,
  samples: [
    ['a message of one part', Uint8Array.from(Buffer.from('a packet'))],
    ['an empty part', Uint8Array.of(0xc0)],
  ],
  encode: message => new PartWriter(SERVER).parts(message ?? new Uint8Array(61_441))[0]!,
  decode: bytes => new PartReader(SERVER).read(bytes, TOM),
})
