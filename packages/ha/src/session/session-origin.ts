import type { Clock, Logger, Random } from '@clowder/tribes'
import type { Absences } from '../manager/absences.js'
import type { DeltaManagerOptions } from '../manager/delta-manager-options.js'
import type { Peers } from '../manager/peers.js'
import { newSessionId } from '../manager/session-id.js'
import { TimeOfDay } from '../manager/time-of-day.js'
import type { Codec } from '../ports/codec.js'
import type { Stamp } from '../state/hybrid-clock.js'
import { processOf } from '../state/version-vector.js'
import type { SchemaCodec } from './attribute-schema.js'
import type { DeltaSession } from './delta-session.js'
import type { MergeFunction } from './merge-function.js'
import { ReplicationFilter } from './replication-filter.js'
import { SchemaCodecs } from './schema-codecs.js'
import { ValueBindings } from './value-bindings.js'

/** What a session object needs from whoever made it. */
export interface SessionOrigin {
  readonly codec: Codec
  newSessionId(): string
  /** Epoch milliseconds, now. */
  wallTime(): number
  /** The same, where the clock may have been set since this process began. */
  readonly timeOfDay: Pick<TimeOfDay, 'earliestMs' | 'latestMs'>
  /** Epoch milliseconds of a monotonic time of this node. */
  wallTimeOf(monotonicMs: number): number
  readonly maxInactiveIntervalSeconds: number
  /** Whether somebody out of reach may use sessions that end here, also one who has been away for longer than a session can live idle: over there it need not be idle. */
  isAnybodyOut(): boolean
  /** How two values of this attribute, written without knowledge of each other, become one; undefined: one of them stays. */
  mergeOf(name: string): MergeFunction | undefined
  /** An attribute's values, in the version that the application knows; absent: `codec`. */
  codecOf?(name: string): SchemaCodec
  /** Who keeps account of the sessions' users; absent: nobody. */
  logins?: Logins
  /** False: the attribute stays on this node (sessionAttributeNameFilter, sessionAttributeValueTypeFilter). */
  isReplicated(name: string, value: unknown): boolean
  /** Told of what such attributes are set to. */
  readonly bindings: ValueBindings
  /** Whether this process wrote an entry. */
  isOwnWriter(actor: string): boolean
}

/** A moment, as whoever keeps account of users sees it: the start of a request. */
export interface LoginMoment {
  readonly stamp: Stamp
  /** How many ends of all sessions of a user had been heard of. */
  readonly heard: number
}

export interface Logins {
  now(): LoginMoment
  /** A login of this user by a request that began then: the value of the session's property. Throws BadUserIdError, TooManyUserSessionsError. */
  login(userId: string | number, begun: LoginMoment, session: DeltaSession): unknown
}

export interface SessionOriginComponents {
  readonly absences: Pick<Absences, 'isAnybodyOut'>
  readonly clock: Clock
  readonly codec: Codec
  readonly logger: Logger
  readonly peers: Pick<Peers, 'actor'>
  readonly random: Random
}

export function newSessionOrigin(
  { absences, clock, codec, logger, peers, random }: SessionOriginComponents,
  options: DeltaManagerOptions,
): SessionOrigin {
  const filter = new ReplicationFilter({ logger }, options)
  const codecs = new SchemaCodecs({ codec, logger }, options.schemas)
  return {
    codec,
    newSessionId: () => newSessionId(random),
    wallTime: () => clock.wallTime(),
    timeOfDay: new TimeOfDay(clock),
    wallTimeOf: monotonicMs => Math.round(clock.wallTime() - clock.now() + monotonicMs),
    maxInactiveIntervalSeconds: options.maxInactiveInterval,
    isAnybodyOut: () => absences.isAnybodyOut(),
    mergeOf: name => mergeOf(options, name),
    codecOf: name => codecs.of(name),
    isReplicated: (name, value) => filter.isReplicated(name, value),
    bindings: new ValueBindings({ logger }),
    isOwnWriter: actor => processOf(actor) === processOf(peers.actor),
  }
}

function mergeOf({ merges }: DeltaManagerOptions, name: string): MergeFunction | undefined {
  return merges && Object.hasOwn(merges, name) ? merges[name] : undefined
}
