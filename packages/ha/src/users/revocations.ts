import type { Logger } from '@clowder/tribes'
import type { DeltaManager } from '../manager/delta-manager.js'
import type { AcknowledgementLevel, Commit } from '../manager/manager.js'
import type { Stamp } from '../state/hybrid-clock.js'
import type { Login } from './login.js'

const PREFIX = 'revoked:'
const ATTRIBUTE = 'revoked'

/** All sessions of a user that logged in up to a stamp have ended. */
export interface Revocation {
  readonly until: Stamp
  /** Ids of sessions that were excepted. */
  readonly but: readonly string[]
}

interface Heard extends Revocation {
  /** The how-manieth it was that this node heard of. */
  readonly heardAt: number
}

export interface RevocationsComponents {
  readonly logger: Logger
  /** The manager of what all members share: each user's is a session there, which expires when it has had its time. */
  readonly shared: DeltaManager
  /** Called when one is heard of, also of this node's own. */
  revoked(user: string, revocation: Revocation): void
}

/** Who has been ended altogether, and when: for the sessions that come here later than that. */
export class Revocations {
  readonly #components: RevocationsComponents
  readonly #retentionSeconds: number
  readonly #known = new Map<string, Heard>()
  #heard = 0

  constructor(components: RevocationsComponents, retentionSeconds: number) {
    this.#components = components
    this.#retentionSeconds = retentionSeconds
    const { events } = components.shared
    events.on('attributeChanged', ({ id, name, value }) => {
      if (name === ATTRIBUTE && id.startsWith(PREFIX)) this.#learn(id.slice(PREFIX.length), value)
    })
    events.on('sessionExpired', ({ id }) => void this.#known.delete(id.slice(PREFIX.length)))
  }

  /** How many this node has heard of. */
  get heard(): number {
    return this.#heard
  }

  /** How many are remembered. */
  get size(): number {
    return this.#known.size
  }

  of(user: string): Heard | undefined {
    return this.#known.get(user)
  }

  /** Whether a session with this login has ended. */
  covers(id: string, { user, since }: Login): boolean {
    const known = this.#known.get(user)
    return known !== undefined && since <= known.until && !known.but.includes(id)
  }

  /** Tells everybody, whoever has not heard of it when it comes back. */
  revoke(user: string, { until, but }: Revocation, level: AcknowledgementLevel): Commit {
    const { shared } = this.#components
    const record = shared.sharedSession(PREFIX + user)
    record.maxInactiveInterval = this.#retentionSeconds
    record.setAttribute(ATTRIBUTE, { until, but })
    return shared.requestCompleted(record, level)
  }

  #learn(user: string, value: () => unknown): void {
    const revocation = this.#read(value)
    if (!revocation || revocation.until < (this.#known.get(user)?.until ?? 0)) return
    this.#known.set(user, { ...revocation, heardAt: ++this.#heard })
    this.#components.revoked(user, revocation)
  }

  #read(value: () => unknown): Revocation | undefined {
    try {
      return revocationFrom(value())
    } catch (error) {
      this.#components.logger.error({ err: error }, 'The end of all sessions of a user cannot be decoded.')
      return undefined
    }
  }
}

/** Of what is none, because another node or version wrote it, undefined. */
function revocationFrom(value: unknown): Revocation | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { until, but } = value as Partial<Revocation>
  if (!Number.isSafeInteger(until) || !Array.isArray(but) || !but.every(id => typeof id === 'string')) return undefined
  return { until: until!, but }
}
