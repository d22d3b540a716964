import t from 'tap'
import { member } from '../../src/member.js'
import { type AdmissionFacts, admissionOf } from '../../src/transport/admission.js'
import type { Hello } from '../../src/wire/frame.js'

const cat = (idByte: number) =>
  member({
    uniqueId: new Uint8Array(16).fill(idByte),
    host: 'h',
    port: 4000,
    name: `cat ${idByte}`,
    domain: '',
    payload: new Uint8Array(0),
    aliveMs: 0,
  })

const hello = (changes: Partial<Hello> = {}): Hello => ({
  type: 'hello',
  lowestProtocol: 1,
  highestProtocol: 1,
  clusterName: 'cats',
  expected: cat(5).uniqueId,
  member: cat(7),
  ...changes,
})

const facts = (changes: Partial<AdmissionFacts> = {}): AdmissionFacts => ({
  local: cat(5),
  clusterName: 'cats',
  phase: 'idle',
  known: undefined,
  ...changes,
})

const CASES: readonly (readonly [string, Hello, AdmissionFacts, string])[] = [
  ['a stranger that knows our name', hello(), facts(), 'welcome'],
  ['one that does not know who is here', hello({ expected: undefined }), facts(), 'introduction'],
  ['also while we are connected with it', hello({ expected: undefined }), facts({ phase: 'open' }), 'introduction'],
  ['before our start, and while we stop', hello(), facts({ local: undefined }), 'stopping'],
  ['a newer protocol only', hello({ lowestProtocol: 2, highestProtocol: 3 }), facts(), 'other protocol'],
  ['an older protocol only', hello({ lowestProtocol: 0, highestProtocol: 0 }), facts(), 'other protocol'],
  ['ours among others', hello({ lowestProtocol: 0, highestProtocol: 9 }), facts(), 'welcome'],
  ['another cluster', hello({ clusterName: 'dogs' }), facts(), 'other cluster'],
  [
    'another cluster that asks who is here learns nothing',
    hello({ clusterName: 'dogs', expected: undefined }),
    facts(),
    'other cluster',
  ],
  ['one that is known at its address', hello(), facts({ known: cat(7) }), 'welcome'],
  [
    'a twin of one that is known',
    hello({ expected: undefined }),
    facts({ known: { ...cat(7), host: 'i' } }),
    'same incarnation',
  ],
  ['our own twin: both of us give way', hello({ member: { ...cat(5), port: 1 } }), facts(), 'yielding'],
  ['ourselves', hello({ member: cat(5) }), facts(), 'self'],
  ['one that wants who was here before', hello({ expected: cat(4).uniqueId }), facts(), 'other incarnation'],
  ['our connect has not got through yet', hello(), facts({ phase: 'connecting' }), 'welcome'],
  ['our hello has left and our id is smaller', hello(), facts({ phase: 'greeting' }), 'duplicate'],
  ['our hello has left and our id is larger', hello({ member: cat(3) }), facts({ phase: 'greeting' }), 'welcome'],
  ['a certificate for its name', hello(), facts({ peerNames: ['x', 'CAT 7'] }), 'welcome'],
  ['a certificate for its host', hello(), facts({ peerNames: ['h'] }), 'welcome'],
  ['a certificate for another name', hello(), facts({ peerNames: ['cat 8', 'i'] }), 'other name'],
  ['a certificate for nobody', hello({ expected: undefined }), facts({ peerNames: [] }), 'other name'],
  [
    'one of a host that is not accepted',
    hello({ expected: undefined }),
    facts({ hostRefusal: 'it is far' }),
    'other host',
  ],
  ['one with another encryption', hello({ clusterName: 'cats\u0001ab' }), facts(), 'other encryption'],
  ['we have a connection', hello(), facts({ phase: 'open' }), 'duplicate'],
  ['our connection is about to close', hello(), facts({ phase: 'resting' }), 'duplicate'],
]

for (const [situation, hello, facts, expected] of CASES) {
  t.test(`${situation}: ${expected}`, async t => {
    const admission = admissionOf(hello, facts)
    t.equal(admission.is === 'refused' ? admission.reason : admission.is, expected)
  })
}
