import { type Address, ConnectionClosedError, TribesError } from '@clowder/tribes'
import { KeyRemovedError } from './keyring-errors.js'
import type { Refusal } from './verdict.js'

/** What to do about a refusal; the same words on both sides. */
const ADVICE: Record<Refusal, string> = {
  'other protocol': 'their versions have no protocol in common: run versions that are one minor version apart at most',
  'other cluster': 'the names of the clusters differ: members of one cluster have the same option name',
  'other secret': 'the secrets differ: give every member the same secret (option secret, or CLOWDER_SECRET)',
  'certificates wanted':
    'one has certificates and the other a secret: give every member the option tls, or none of them',
  'secret wanted': 'one has a secret and the other certificates: give every member the option tls, or none of them',
  'no secret here':
    'one has a secret and the other none: give every member the same secret (option secret, or CLOWDER_SECRET)',
}

/** The two members do not belong together, and one of them said so before anything else was said. */
export class StreamRefusedError extends TribesError {
  readonly address: Address
  readonly reason: Refusal
  /** `isOurs`: we refused whoever dialled, and not the other way round. */
  constructor(address: Address, reason: Refusal, isOurs: boolean) {
    const what = isOurs ? `refused ${textOf(address)}` : `${textOf(address)} refused the connection`
    super('TRIBES_STREAM_REFUSED', `${what} (${reason}): ${ADVICE[reason]}`)
    this.address = address
    this.reason = reason
  }
}

/** What the other end said first is no greeting of a secured member; or, `where` 'here', it hangs up on members without a secret, as we are. */
export class NotSecuredError extends TribesError {
  readonly address: Address
  constructor(address: Address, where: keyof typeof NOT_SECURED = 'there') {
    super('TRIBES_NOT_SECURED', `${textOf(address)} ${NOT_SECURED[where]}`)
    this.address = address
  }
}

const NOT_SECURED = {
  there:
    'does not greet as a secured member does: it has no secret (give every member the same), or is no Clowder member at all',
  here: 'hangs up as soon as it is spoken to: it has a secret and this member has none (give every member the same), or it is no Clowder member at all',
  elsewhere:
    'is not on this host, and this member has no secret, without which a cluster stays on its host (give every member the same secret)',
}

/** Both ends know the same secret, or have certificates, and still TLS could not begin; `cause` is what TLS says. */
export class StreamHandshakeError extends TribesError {
  readonly address: Address
  /** A secret was removed while the handshake was on its way, or the other end went, for which that is the usual reason: the next handshake will do. */
  readonly isOrderly: boolean
  constructor(address: Address, cause: Error) {
    super(
      'TRIBES_STREAM_HANDSHAKE',
      `no secure connection with ${textOf(address)}: ${cause.message}; a certificate is not accepted, a secret is being removed at this moment, or somebody on the way changes bytes`,
      { cause },
    )
    this.address = address
    this.isOrderly = cause instanceof KeyRemovedError || cause instanceof ConnectionClosedError
  }
}

function textOf({ host, port }: Address): string {
  return `${host}:${port}`
}
