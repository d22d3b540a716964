import { isOtherEncryption } from '../encryption-name.js'
import { isTwin } from '../incarnation.js'
import type { Member } from '../member.js'
import { uniqueIdText } from '../unique-id.js'
import { type Hello, HIGHEST_PROTOCOL, LOWEST_PROTOCOL, type RefusalReason } from '../wire/frame.js'
import type { LinkPhase } from './link.js'
import { isNamed } from './peer-names.js'

/** What the acceptor knows when a HELLO comes. */
export interface AdmissionFacts {
  /** Undefined before the channel has started and after it has begun to stop. */
  readonly local: Member | undefined
  readonly clusterName: string
  /** Of the link to the member that dialled. */
  readonly phase: LinkPhase
  /** Who is known under the dialler's incarnation, also from before, and also this process itself. */
  readonly known: Member | undefined
  /** Of the certificate that was shown; undefined: none was asked for. */
  readonly peerNames?: readonly string[] | undefined
  /** Why members of the host at which it says it is are not accepted; undefined: they are. */
  readonly hostRefusal?: string | undefined
}

export type Admission =
  | { readonly is: 'welcome' }
  /** The dialler does not know yet whom it reached; it gets to know, and decides whether it still wants the connection. */
  | { readonly is: 'introduction' }
  | { readonly is: 'refused'; readonly reason: RefusalReason; readonly text: string }
  /** The dialler has our incarnation: both of us take another one. */
  | { readonly is: 'yielding'; readonly reason: RefusalReason; readonly text: string }

/**
 * What a HELLO is answered. Two members that dial each other at the same moment keep the connection of the one with the smaller id: it refuses, and the other
 * accepts and gives up its own dial. As long as our own HELLO has not left, nobody can have accepted it, and whoever comes first is welcome.
 */
export function admissionOf(hello: Hello, facts: AdmissionFacts): Admission {
  const { local, clusterName } = facts
  if (!local) return refused('stopping', 'this member is not running, or is about to leave')
  if (hello.lowestProtocol > HIGHEST_PROTOCOL || hello.highestProtocol < LOWEST_PROTOCOL) {
    return refused('other protocol', `protocols ${LOWEST_PROTOCOL} to ${HIGHEST_PROTOCOL} are spoken here`)
  }
  if (isOtherEncryption(hello.clusterName, clusterName))
    return refused('other encryption', 'messages are encrypted with another key here, or with none')
  if (hello.clusterName !== clusterName) return refused('other cluster', 'the name of the cluster is another one here')
  if (facts.hostRefusal !== undefined)
    return refused('other host', `members at ${hello.member.host} are not accepted here: ${facts.hostRefusal}`)
  if (!isNamed(facts.peerNames, hello.member)) return refused('other name', wrongNames(hello.member))
  if (hello.member.id === local.id) return admissionOfTwin(hello.member, local)
  if (facts.known && isTwin(facts.known, hello.member)) {
    return refused('same incarnation', `it is known at ${facts.known.host}:${facts.known.port}`)
  }
  if (!hello.expected) return { is: 'introduction' }
  if (uniqueIdText(hello.expected) !== local.id) return refused('other incarnation', `${local.id} is here now`)
  return admissionAmongDials(hello.member.id, local.id, facts.phase)
}

function admissionOfTwin(dialler: Member, local: Member): Admission {
  if (!isTwin(local, dialler)) return refused('self', 'this is the member that dialled')
  return { is: 'yielding', reason: 'same incarnation', text: 'this member had the incarnation that dialled' }
}

function admissionAmongDials(remoteId: string, localId: string, phase: LinkPhase): Admission {
  switch (phase) {
    case 'idle':
    case 'connecting':
      return { is: 'welcome' }
    case 'greeting':
      return localId < remoteId
        ? refused('duplicate', 'a dial in the other direction is on its way')
        : { is: 'welcome' }
    case 'open':
    case 'resting':
      return refused('duplicate', 'there is a connection already')
  }
}

function wrongNames({ name, host }: Member): string {
  return `the certificate that was shown is neither for ${name} nor for ${host}`
}

function refused(reason: RefusalReason, text: string): Admission {
  return { is: 'refused', reason, text }
}
