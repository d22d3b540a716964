import type { Clock, Logger, Random } from '@clowder/tribes'
import type { EventEmitter } from 'eventemitter3'
import type { ClusterChannel } from '../cluster-channel.js'
import { SessionLocks } from '../lock/session-locks.js'
import type { Codec } from '../ports/codec.js'
import type { SessionLabel } from '../ports/session-label.js'
import { processOf } from '../state/version-vector.js'
import { Absences } from './absences.js'
import { AccessTimes } from './access-times.js'
import { Acknowledgements } from './acknowledgements.js'
import { AntiEntropy } from './anti-entropy.js'
import type { DeltaManagerOptions } from './delta-manager-options.js'
import { Departures } from './departures.js'
import { Expiry } from './expiry.js'
import { Forgetting } from './forgetting.js'
import { Handover } from './handover.js'
import { Healing } from './healing.js'
import { KnownSessions } from './known-sessions.js'
import { LaggingMembers } from './lagging-members.js'
import { LateCertificates } from './late-certificates.js'
import { LocalCommits } from './local-commits.js'
import { Newcomers } from './newcomers.js'
import { PeerMessages } from './peer-messages.js'
import { actorOf, Peers } from './peers.js'
import { Placement } from './placement.js'
import { Pulls } from './pulls.js'
import { Room } from './room.js'
import type { SessionCopy } from './session-copy.js'
import type { SessionEvents } from './session-events.js'
import { SessionReplicas } from './session-replicas.js'
import { StallWatch } from './stall-watch.js'
import { TableRounds } from './table-rounds.js'

/** Having stood still for so long, this process may soon have been excluded: it takes more than 2 s. Less than this is between any two turns of housekeeping, ms. */
const STALL_MS = 1_500

export interface ManagerPartsComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly codec: Codec
  readonly channel: ClusterChannel
  readonly sessionLabel?: SessionLabel | undefined
  readonly events: EventEmitter<SessionEvents>
  /** A copy that is dropped because others have it. */
  dropped(copy: SessionCopy): void
}

export type ManagerParts = ReturnType<typeof managerParts>

/** What a manager consists of, each part given what it needs of the others. */
export function managerParts(components: ManagerPartsComponents, options: DeltaManagerOptions) {
  const { clock, channel } = components
  const retentionMs = 1000 * Math.max(options.retention, 2 * options.maxInactiveInterval)
  const peers = new Peers(components, options.name)
  const placement = new Placement({ peers }, options.copies)
  const isOwn = (actor: string) => processOf(actor) === processOf(peers.actor)
  const known: KnownSessions = new KnownSessions(isOwn, () => replicas.hybridClock.first)
  const isOwner = (bucket: number) => placement.isOwner(bucket)
  const replicas = new SessionReplicas({ ...components, known, isOwner, placement }, { ...options, retentionMs })
  const departures = new Departures(components, actorOf)
  const lagging = new LaggingMembers({ clock, peers })
  const absences = new Absences(components, absenceMs(options), channel.isSolitary ?? false)
  const stalls = new StallWatch(components, STALL_MS)
  const room = new Room()
  const state = { ...components, peers, placement, known, replicas, departures, lagging, absences, stalls }
  const dropped = (copy: SessionCopy) => {
    components.dropped(copy)
    pulls.dropped(copy)
  }
  const expiring = (copies: readonly SessionCopy[]) => expiry.hurry(copies)
  const handover = new Handover({ ...state, room, dropped, expiring })
  const forgetting = new Forgetting(state, { retentionMs, maxDeathCertificates: options.maxDeathCertificates })
  const acknowledgements = new Acknowledgements(state, options.acknowledgeTimeout)
  const accessTimes = new AccessTimes(state)
  const isJoining = () => !antiEntropy.isReady
  const pulls = new Pulls({ ...state, isJoining }, options.pullTimeout)
  const antiEntropy = new AntiEntropy({ ...state, room })
  const lateCertificates = new LateCertificates({ ...state, forgetting })
  const healing = new Healing({ ...state, antiEntropy, handover, lateCertificates })
  const newcomers = new Newcomers()
  const expiry: Expiry = new Expiry({ ...state, forgetting, accessTimes, newcomers })
  const tableRounds = new TableRounds({ ...state, expiry })
  const commits = new LocalCommits({ ...state, accessTimes, acknowledgements, handover }, options)
  const locks = new SessionLocks({ ...state, pulls }, options.lockLease)
  const peerMessages = new PeerMessages({
    ...state,
    accessTimes,
    pulls,
    antiEntropy,
    expiry,
    healing,
    forgetting,
    locks,
  })
  const exchanges = {
    healing,
    acknowledgements,
    accessTimes,
    pulls,
    antiEntropy,
    expiry,
    newcomers,
    tableRounds,
    commits,
    locks,
    peerMessages,
  }
  return {
    peers,
    placement,
    known,
    replicas,
    departures,
    lagging,
    absences,
    stalls,
    room,
    handover,
    forgetting,
    ...exchanges,
  }
}

/** As long as a session that this node has not heard of can be alive elsewhere without being used. */
function absenceMs({ maxInactiveInterval }: DeltaManagerOptions): number {
  return maxInactiveInterval > 0 ? maxInactiveInterval * 1000 : Number.POSITIVE_INFINITY
}
